//! The account of a server: what every client must have got by now, and what must be left.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::handler::Mood;
use super::world::{Fate, World};
use super::{Check, ensure};
use crate::reference::Endpoint;

/// How long anything may take that the kernel does by itself.
const DEADLINE: Duration = Duration::from_secs(20);

impl World {
    /// Waits until everything that must happen has, and compares the accounts.
    pub(super) fn settle(&mut self) -> Check {
        self.hogs.clear();
        self.injections.clear();
        self.desk.mood.set(Mood::Echo);
        let start = Instant::now();
        loop {
            // More than the longest pause of a listener.
            self.turn(Duration::from_secs(2))?;
            self.read_all()?;
            match self.open_account()? {
                None => break,
                Some(what) => ensure!(start.elapsed() < DEADLINE, "{}", what),
            }
        }
        // And nothing more comes.
        for _ in 0..2 {
            self.turn(Duration::from_secs(2))?;
        }
        self.read_all()
    }

    fn read_all(&mut self) -> Check {
        let mut buffer = [0; 4096];
        for client in &mut self.clients {
            let Some(stream) = &mut client.stream else { continue };
            while let Ok(got @ 1..) = stream.read(&mut buffer) {
                client.got.extend(&buffer[..got]);
            }
            let own = client.sent.starts_with(&client.got);
            ensure!(own, "{} got {} bytes that are not its own", client.name, client.got.len());
        }
        Ok(())
    }

    /// What is still to happen. [`World::read_all`] has taken what there was.
    fn open_account(&mut self) -> Result<Option<String>, String> {
        for client in &mut self.clients {
            let name = client.name;
            let waits = |what: &str| Ok(Some(format!("{name} waits {what}")));
            let end = match client.fate {
                Fate::Queued(place) if self.places[place].pending => continue,
                Fate::Queued(_) => return waits("to be delivered"),
                Fate::Served if client.stream.is_none() => continue,
                Fate::Served if client.got != client.sent => return waits("for its echo"),
                Fate::Served => client.half_closed,
                Fate::Dropped | Fate::Refused => true,
            };
            let Some(stream) = &mut client.stream else { continue };
            match stream.read(&mut [0]) {
                Ok(0) if end => {}
                Ok(0) => return Err(format!("{name} was closed")),
                Ok(_) => return Err(format!("{name} got more than its echo")),
                Err(error) if error.kind() == ErrorKind::WouldBlock && end => {
                    return waits("for its end");
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // A reset is an end, too, but not of a connection that is served.
                Err(error) => ensure!(end, "{name}: {error}"),
            }
        }
        Ok(None)
    }

    /// The end of every sequence: the accounts agree, the loop ends, and nothing is left of it.
    ///
    /// # Errors
    /// The promise that was broken.
    pub fn finish(mut self) -> Check {
        self.settle()?;
        let open: Vec<SocketAddr> =
            self.server.local_addrs().iter().filter_map(Endpoint::as_inet).collect();
        let mut expected = BTreeMap::new();
        for place in self.places.iter().filter(|place| place.open) {
            *expected.entry(place.address).or_insert(0) += place.copies;
        }
        let mut found = BTreeMap::new();
        for address in open {
            *found.entry(address).or_insert(0) += 1;
        }
        ensure!(found == expected, "open are {found:?}, expected {expected:?}");
        self.server.stop();
        self.closed();
        self.clients.clear();
        self.event_loop.handle().stop();
        self.event_loop.run().map_err(|error| error.to_string())?;
        self.take_in()?;
        let start = Instant::now();
        while !self.event_loop.is_empty() {
            ensure!(start.elapsed() < DEADLINE, "connections whose clients are gone stay");
            self.turn(Duration::from_secs(2))?;
        }
        Ok(())
    }
}
