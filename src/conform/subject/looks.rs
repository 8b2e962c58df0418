//! What the harness sees of the subject's sockets around its answers.

use std::io;
use std::time::{Duration, Instant};

use super::{AdapterSubject, Handle, Owned};
use crate::conform::fault::short;
use crate::conform::notice::Oddity;
use crate::conform::protocol::Told;
use crate::conform::sight::{self, Inside, Look, SeenSocket, Sight};

/// How long a subject may take to close what it gave up: a collector may do it, or a loop.
const SETTLE_TIMEOUT_MS: u64 = 300;

impl AdapterSubject<'_> {
    pub(super) fn inside(&self) -> Option<Inside> {
        let session = self.session.as_ref().filter(|_| self.sight == Sight::Inside)?;
        Some(Inside { process: session.id() })
    }

    pub(super) fn look(&mut self) -> Look {
        self.inside().and_then(|inside| inside.look().ok()).unwrap_or_default()
    }

    /// The sockets that are new since a look.
    pub(super) fn new_since(&mut self, before: &Look) -> io::Result<Vec<SeenSocket>> {
        match self.inside() {
            Some(inside) => inside.new_sockets(before, &inside.look()?),
            None => Ok(Vec::new()),
        }
    }

    /// The sockets that were found, as the library orders them; what it does not tell of is last.
    pub(super) fn in_told_order(&mut self, told: &Told, found: Vec<SeenSocket>) -> Vec<SeenSocket> {
        let mut found: Vec<_> = found.into_iter().map(Some).collect();
        let mut ordered: Vec<Option<SeenSocket>> = Vec::new();
        for one in &told.sockets {
            let endpoint = sight::endpoint(one);
            let same = |seen: &&mut Option<SeenSocket>| {
                let address = seen.as_ref().map(|seen| seen.facts.address);
                endpoint.is_some()
                    && address.map(|a| (a.ip(), a.port())) == endpoint.map(|e| (e.ip(), e.port()))
            };
            ordered.push(found.iter_mut().find(same).and_then(Option::take));
        }
        let (mut not_there, mut misnamed) = (Vec::new(), Vec::new());
        for (place, one) in ordered.iter_mut().zip(&told.sockets).filter(|(p, _)| p.is_none()) {
            // A library that cannot tell the address means the one that is left.
            let tells_nothing = one.address.is_none() && one.port.is_none();
            let same = |seen: &&mut Option<SeenSocket>| {
                let port = seen.as_ref().map(|seen| seen.facts.address.port());
                port.is_some() && (tells_nothing || port == one.port)
            };
            let shown = format!(
                "{} port {}",
                one.address.as_deref().map_or("null".into(), short),
                one.port.map_or("null".into(), |port| port.to_string())
            );
            *place = found.iter_mut().find(same).and_then(Option::take);
            match place {
                Some(seen) if !tells_nothing => {
                    misnamed.push(format!("{shown} for {}", seen.facts.address));
                }
                Some(_) => {}
                None => not_there.push(shown),
            }
        }
        let untold: Vec<_> = found.into_iter().flatten().collect();
        let shown = untold.iter().map(|seen| seen.facts.address.to_string()).collect();
        for (all, oddity) in [
            (shown, Oddity::Untold as fn(Vec<String>) -> Oddity),
            (not_there, Oddity::NotThere),
            (misnamed, Oddity::Misnamed),
        ] {
            if !all.is_empty() {
                self.notice(oddity(all));
            }
        }
        ordered.into_iter().flatten().chain(untold).collect()
    }

    /// After an error nothing new may stay open.
    pub(super) fn leaked(&mut self, before: &Look) {
        if self.sight == Sight::Outside || self.session.is_none() {
            return;
        }
        let deadline = Instant::now() + Duration::from_millis(SETTLE_TIMEOUT_MS);
        let left = loop {
            let left = self.new_since(before).unwrap_or_default();
            if left.is_empty() || Instant::now() >= deadline {
                break left;
            }
            drop(left);
            std::thread::sleep(Duration::from_millis(5));
        };
        if !left.is_empty() {
            let shown = left.iter().map(|seen| seen.facts.address.to_string()).collect();
            self.notice(Oddity::Leaked(shown));
        }
    }

    pub(super) fn still_open(&mut self, handle: &Handle) {
        let deadline = Instant::now() + Duration::from_millis(SETTLE_TIMEOUT_MS);
        let Some(inside) = self.inside() else { return };
        let left = loop {
            let Ok(look) = inside.look() else { return };
            let open = |owned: &Owned| owned.inode.is_some_and(|inode| look.contains_key(&inode));
            let left: Vec<_> = handle
                .sockets
                .iter()
                .filter(|(_, owned)| open(owned))
                .map(|(_, owned)| owned.shown.clone())
                .collect();
            if left.is_empty() || Instant::now() >= deadline {
                break left;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        if !left.is_empty() {
            self.notice(Oddity::StillOpen(left));
        }
    }
}
