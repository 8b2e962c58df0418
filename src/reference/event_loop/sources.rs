//! The table of what a loop watches, and the two lists of who has a turn.

use std::collections::VecDeque;

use slab::Slab;

use super::timers::TimerId;
use super::watched::{Next, Readiness, Watched};

/// One source of one loop. Never used again for another source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourceId {
    /// The place in the table, which is the token that the kernel knows.
    pub(super) place: usize,
    number: u64,
}

struct Entry {
    number: u64,
    /// Away while the source has its turn.
    watched: Option<Box<dyn Watched>>,
    alarm: Option<TimerId>,
    readiness: Readiness,
    /// On one of the two lists.
    queued: bool,
    /// Registered for writing, too.
    writable: bool,
    /// Taken off the loop; the place is free from the next turn on.
    removed: bool,
}

#[derive(Default)]
pub(super) struct Sources {
    table: Slab<Entry>,
    made: u64,
    /// Who has a turn now.
    ready: VecDeque<SourceId>,
    /// Who was not done, and has a turn after all who are ready then.
    again: VecDeque<SourceId>,
    /// Places to be freed. Not before the next turn: an event of this one may still name them.
    freed: Vec<usize>,
}

impl Sources {
    pub(super) fn len(&self) -> usize {
        self.table.len() - self.freed.len()
    }

    /// The place that the next source gets.
    pub(super) fn next_place(&self) -> usize {
        self.table.vacant_key()
    }

    /// The source must be registered under [`Sources::next_place`].
    pub(super) fn insert(&mut self, watched: Box<dyn Watched>) -> SourceId {
        self.made += 1;
        let number = self.made;
        let place = self.table.insert(Entry {
            number,
            watched: Some(watched),
            alarm: None,
            readiness: Readiness::default(),
            queued: false,
            writable: false,
            removed: false,
        });
        SourceId { place, number }
    }

    fn live(&mut self, id: SourceId) -> Option<&mut Entry> {
        self.table.get_mut(id.place).filter(|entry| entry.number == id.number && !entry.removed)
    }

    /// The kernel says that whoever is at this place is ready.
    pub(super) fn event(&mut self, place: usize, readiness: Readiness) {
        let Some(entry) = self.table.get_mut(place).filter(|entry| !entry.removed) else { return };
        entry.readiness.add(readiness);
        if !std::mem::replace(&mut entry.queued, true) {
            self.ready.push_back(SourceId { place, number: entry.number });
        }
    }

    /// The alarm of a source is due: it has none any more, and a turn.
    pub(super) fn alarm(&mut self, id: SourceId) {
        if let Some(entry) = self.live(id) {
            entry.alarm = None;
            self.event(id.place, Readiness::DUE);
        }
    }

    /// A turn among those who are ready now.
    pub(super) fn serve_now(&mut self, id: SourceId) {
        if self.live(id).is_some_and(|entry| !std::mem::replace(&mut entry.queued, true)) {
            self.ready.push_back(id);
        }
    }

    /// A turn after those.
    pub(super) fn serve_again(&mut self, id: SourceId) {
        if self.live(id).is_some_and(|entry| !std::mem::replace(&mut entry.queued, true)) {
            self.again.push_back(id);
        }
    }

    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty() || !self.again.is_empty()
    }

    /// Puts those who were not done behind those who are ready, and says how many have a turn.
    pub(super) fn line_up(&mut self) -> usize {
        self.ready.append(&mut self.again);
        self.ready.len()
    }

    /// The places of removed sources can be used again. Only when no event is outstanding.
    pub(super) fn free_places(&mut self) {
        for place in self.freed.drain(..) {
            self.table.remove(place);
        }
    }

    /// The next source in line, taken out for its turn; `None` if it is gone meanwhile.
    pub(super) fn take_next(&mut self) -> Option<(SourceId, Box<dyn Watched>, Readiness)> {
        let id = self.ready.pop_front()?;
        let entry = self.live(id)?;
        entry.queued = false;
        let watched = entry.watched.take()?;
        Some((id, watched, entry.readiness.take()))
    }

    /// The end of a turn. Answers what the caller has to do outside of the table.
    pub(super) fn put_back(
        &mut self,
        id: SourceId,
        watched: Box<dyn Watched>,
        next: Next,
    ) -> AfterTurn {
        let Some(entry) = self.live(id) else { return AfterTurn::Drop(watched) };
        entry.watched = Some(watched);
        match next {
            Next::Done => AfterTurn::Remove,
            Next::Again => {
                self.serve_again(id);
                AfterTurn::Keep
            }
            Next::Wait | Next::WaitWritable => {
                let writable = next == Next::WaitWritable;
                let changed = std::mem::replace(&mut entry.writable, writable) != writable;
                if changed { AfterTurn::Register { writable } } else { AfterTurn::Keep }
            }
        }
    }

    /// The box of a live source that has no turn at present.
    pub(super) fn watched(&mut self, id: SourceId) -> Option<&mut Box<dyn Watched>> {
        self.live(id)?.watched.as_mut()
    }

    /// Marks a source as removed; its box, unless it has its turn, and its alarm are the caller's.
    pub(super) fn remove(&mut self, id: SourceId) -> Option<Removed> {
        let entry = self.live(id)?;
        entry.removed = true;
        let removed = Removed { watched: entry.watched.take(), alarm: entry.alarm.take() };
        self.freed.push(id.place);
        Some(removed)
    }

    /// Notes the alarm of a source and answers the one before. False if the source is gone.
    pub(super) fn replace_alarm(
        &mut self,
        id: SourceId,
        alarm: Option<TimerId>,
    ) -> Result<Option<TimerId>, Gone> {
        let entry = self.live(id).ok_or(Gone)?;
        Ok(std::mem::replace(&mut entry.alarm, alarm))
    }

    pub(super) fn take_all(&mut self) -> Vec<Box<dyn Watched>> {
        let table = std::mem::take(&mut self.table);
        table.into_iter().filter_map(|(_, entry)| entry.watched).collect()
    }
}

/// The source was removed.
#[derive(Debug)]
pub(super) struct Gone;

pub(super) struct Removed {
    pub(super) watched: Option<Box<dyn Watched>>,
    pub(super) alarm: Option<TimerId>,
}

pub(super) enum AfterTurn {
    Keep,
    Register {
        writable: bool,
    },
    Remove,
    /// The source was removed during its turn.
    Drop(Box<dyn Watched>),
}
