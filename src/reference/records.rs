//! The resolver's records in the order in which they are bound (R6 to R8, D2).

use super::error::BindError;
use super::os::{Os, OsFacts, Query, Record};

/// One `getaddrinfo`; then IPv4 first, the resolver's order inside a family, each address once.
pub(super) fn resolve<O: Os>(
    os: &mut O,
    facts: &OsFacts,
    query: &Query,
) -> Result<Vec<Record>, BindError> {
    let records = os.resolve(query).map_err(|failure| BindError::Resolve {
        host: query.host.clone(),
        service: query.service.clone().unwrap_or_default(),
        failure,
    })?;
    if let Some(odd) = records.iter().find(|record| !is_internet(facts, record)) {
        return Err(BindError::UnexpectedFamily { family: odd.family, address: odd.address });
    }
    Ok(in_order(records))
}

/// R6: whether the record has one of the two families, and an address of the same one.
fn is_internet(facts: &OsFacts, record: &Record) -> bool {
    let family = if record.address.is_ipv4() { facts.inet } else { facts.inet6 };
    record.family == family
}

/// R7 and R8. The first of two equal records is kept; equal is family and socket address, with
/// flow information and scope, and nothing else: two sockets on one address can never both
/// listen, whatever their records are called (D2).
fn in_order(mut records: Vec<Record>) -> Vec<Record> {
    // `sort_by_key` is stable, and AF_INET is below AF_INET6 on every platform.
    records.sort_by_key(|record| record.family);
    let mut kept: Vec<Record> = Vec::with_capacity(records.len());
    for record in records {
        if !kept.iter().any(|earlier| is_same(earlier, &record)) {
            kept.push(record);
        }
    }
    kept
}

fn is_same(one: &Record, other: &Record) -> bool {
    one.family == other.family && one.address == other.address
}
