//! What differs in one run of a lane and in the next.

use std::collections::BTreeSet;

use crate::matrix::baseline::{Difference, new_programs};
use crate::matrix::clusters::program_number;
use crate::matrix::deviation::{Deviation, LATTICE_GROUP};

/// Splits what differs: what differs in a later run too, be it otherwise, and what fits there. `ran` are
/// the behaviours of the later run: one that was not run does not fit.
pub(super) fn split(
    differences: Vec<Difference>,
    later: &[Difference],
    ran: &BTreeSet<&str>,
) -> (Vec<Difference>, Vec<Difference>) {
    let (mut stays, mut fits) = (Vec::new(), Vec::new());
    for one in differences {
        match one {
            Difference::NewPrograms { programs, .. } if ran.contains(LATTICE_GROUP) => {
                let again = programs_of(later);
                let (here, gone): (Vec<_>, Vec<_>) =
                    programs.into_iter().partition(|one| again.contains(&program_number(one)));
                stays.extend(new_programs(&here));
                fits.extend(new_programs(&gone));
            }
            one if ran.contains(one.behaviour())
                && !later.iter().any(|later| is_of(&one, later)) =>
            {
                fits.push(one);
            }
            one => stays.push(one),
        }
    }
    (stays, fits)
}

/// Is the later difference of the same behaviour, or of the same known programs?
fn is_of(one: &Difference, later: &Difference) -> bool {
    match (one, later) {
        (
            Difference::Vanished { programs: Some(one), .. },
            Difference::Vanished { programs: Some(later), .. },
        ) => one == later,
        (Difference::Vanished { programs: Some(_), .. }, _) => false,
        _ => one.behaviour() == later.behaviour(),
    }
}

/// The numbers of the programs that are new.
fn programs_of(differences: &[Difference]) -> BTreeSet<Option<usize>> {
    let programs = differences.iter().filter_map(|one| match one {
        Difference::NewPrograms { programs, .. } => Some(programs),
        _ => None,
    });
    programs.flatten().map(|one: &Deviation| program_number(one)).collect()
}
