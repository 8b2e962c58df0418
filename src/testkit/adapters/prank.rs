//! Adapters over the right library that break the protocol, or tell of its sockets wrongly.

use std::io::{self, BufRead, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::Library;
use crate::conform::{LINE_MAX, Server};
use crate::sys;

/// What an adapter does wrong.
#[expect(missing_docs, reason = "the table of adapters says each in words")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Prank {
    HangsAtHello,
    HangsOnSecondCall,
    HangsOnClose,
    WritesGarbage,
    WritesLongLine,
    InventsId,
    RepeatsReply,
    SwapsReplies,
    ExitsOnSecondCall,
    ExitsWithCode,
    StaysAtEnd,
    ClosesOutput,
    RepliesOnStderr,
    SpeaksFormatTwo,
    SaysNoHello,
    ServesInventedCall,
    IgnoresUnknownKeys,
    ForgetsHandle,
    ReusesHandle,
    TellsTextAsPort,
    TellsOfOneMore,
    HidesTheLast,
    TellsWildcardForAll,
    TellsOtherPort,
    KeepsAfterClose,
    OpensAndFails,
    OpensInChild,
    LeavesTheNetwork,
    KillsTheHarness,
    WritesIntoTheHarness,
    FloodsStderr,
    SaysOnToEverything,
}

use Prank as P;

/// Far longer than anybody waits.
const FOR_EVER: Duration = Duration::from_secs(3_600);

impl Prank {
    /// Serves until stdin ends, wrongly.
    pub(super) fn play(self) -> io::Result<()> {
        let mut player = Player {
            prank: self,
            server: Server::new(Library::right()),
            binds: 0,
            children: Vec::new(),
            last: None,
        };
        for line in io::stdin().lock().lines() {
            player.line(&line?)?;
        }
        match self {
            P::StaysAtEnd => std::thread::sleep(FOR_EVER),
            P::ExitsWithCode => std::process::exit(3),
            _ => {}
        }
        Ok(())
    }
}

struct Player {
    prank: Prank,
    server: Server<Library>,
    binds: usize,
    children: Vec<Child>,
    last: Option<Json>,
}

fn write(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{text}")?;
    output.flush()
}

/// The process that started this one, from `/proc/self/stat`; 0 where there is no such file.
fn parent() -> i32 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_ascii_whitespace().nth(1).and_then(|id| id.parse().ok()).unwrap_or_default()
}

/// This program again, as [`listen`].
fn listening_child() -> io::Result<Child> {
    let mut words: Vec<_> = std::env::args_os().collect();
    words.pop();
    // As this one was started, so that both are known by it.
    let mut child = Command::new(&words[0])
        .args(&words[1..])
        .arg(super::LISTENER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(output) = child.stdout.take() {
        io::BufReader::new(output).read_line(&mut String::new())?;
    }
    Ok(child)
}

/// Listens until stdin ends.
pub(super) fn listen() -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    write("listening")?;
    io::stdin().lock().read_line(&mut String::new())?;
    drop(listener);
    Ok(())
}

fn hang() {
    std::thread::sleep(FOR_EVER);
}

impl Player {
    fn line(&mut self, line: &str) -> io::Result<()> {
        let request: Json = serde_json::from_str(line).unwrap_or_default();
        let call = request["call"].as_str().unwrap_or_default().to_string();
        self.binds += usize::from(call == "bind_sockets");
        if self.before(&call, &request) {
            return Ok(());
        }
        let asked = self.asked(&request).unwrap_or_else(|| line.to_string());
        let Some(mut reply) = self.server.reply(&asked) else { return Ok(()) };
        self.change(&call, &mut reply);
        self.send(&call, &reply)?;
        self.last = Some(reply);
        Ok(())
    }

    /// What happens in place of an answer: true if none shall be given.
    fn before(&self, call: &str, request: &Json) -> bool {
        match (self.prank, call) {
            (P::HangsAtHello, "hello") | (P::HangsOnClose, "close") => hang(),
            (P::HangsOnSecondCall, "bind_sockets") if self.binds == 2 => hang(),
            (P::ExitsOnSecondCall, "bind_sockets") if self.binds == 2 => {
                eprintln!("the second call was too much");
                std::process::exit(7);
            }
            (P::LeavesTheNetwork, "bind_sockets") => {
                // Inside the sandbox it has the right to.
                let _ = crate::sandbox::fresh_network();
            }
            (P::KillsTheHarness, "bind_sockets") => sys::end_process(parent(), true),
            (P::WritesIntoTheHarness, "bind_sockets") => {
                // The pipe of a parent with the same user can be opened again.
                let _ = std::fs::write(format!("/proc/{}/fd/1", parent()), "nonsense\n");
            }
            (P::FloodsStderr, "bind_sockets") => {
                eprint!("{}", "noise ".repeat(200_000));
                hang();
            }
            (P::ServesInventedCall, call) if call.starts_with("paint") => {
                let reply = json!({ "id": request["id"], "ok": true });
                return write(&reply.to_string()).is_ok();
            }
            _ => {}
        }
        false
    }

    /// Another request in place of this one.
    fn asked(&self, request: &Json) -> Option<String> {
        let mut request = request.clone();
        match self.prank {
            P::IgnoresUnknownKeys => {
                request.as_object_mut()?.remove("colour");
            }
            P::KeepsAfterClose if request["call"] == "close" => {
                // Nothing is closed, and true is answered.
                request = json!({ "id": request["id"], "call": "spawn", "command": ["true"] });
            }
            _ => return None,
        }
        Some(request.to_string())
    }

    fn change(&mut self, call: &str, reply: &mut Json) {
        if self.prank == P::SaysNoHello && call == "hello" {
            reply["ok"] = json!(true);
        }
        if self.prank == P::SpeaksFormatTwo && call == "hello" {
            reply["ok"]["format"] = json!(2);
        }
        if self.prank == P::SaysOnToEverything && reply["ok"] == "off" {
            reply["ok"] = json!("on");
        }
        if call != "bind_sockets" || reply.get("ok").is_none() {
            return;
        }
        match self.prank {
            P::ForgetsHandle => reply["ok"]["handle"] = Json::Null,
            P::ReusesHandle => reply["ok"]["handle"] = json!("h1"),
            P::TellsTextAsPort => reply["ok"]["sockets"][0]["port"] = json!("8080"),
            P::OpensAndFails => {
                let error = json!({ "name": "EADDRINUSE", "code": 98, "call": "bind" });
                *reply = json!({ "id": reply["id"], "error": error });
                return;
            }
            P::OpensInChild => self.children.extend(listening_child()),
            _ => {}
        }
        let Some(sockets) = reply["ok"]["sockets"].as_array_mut() else { return };
        match self.prank {
            P::TellsOfOneMore => sockets.push(json!({ "address": "127.0.0.9", "port": 9 })),
            P::HidesTheLast => {
                sockets.pop();
            }
            P::TellsWildcardForAll => {
                sockets.iter_mut().for_each(|socket| socket["address"] = json!("0.0.0.0"));
            }
            P::TellsOtherPort => {
                sockets.iter_mut().for_each(|socket| socket["port"] = json!(1));
            }
            _ => {}
        }
    }

    fn send(&mut self, call: &str, reply: &Json) -> io::Result<()> {
        let is_bind = call == "bind_sockets";
        match self.prank {
            P::WritesGarbage if is_bind => write("listening on port 8080")?,
            P::WritesLongLine if is_bind => return write(&"x".repeat(LINE_MAX * 2)),
            P::InventsId if is_bind => {
                let mut reply = reply.clone();
                reply["id"] = json!(4_711);
                return write(&reply.to_string());
            }
            P::SwapsReplies if is_bind => {
                if let Some(last) = &self.last {
                    write(&last.to_string())?;
                }
            }
            P::ClosesOutput if is_bind => {
                sys::close_stdout();
                hang();
            }
            P::RepliesOnStderr if is_bind => {
                eprintln!("{reply}");
                return Ok(());
            }
            P::RepeatsReply if is_bind => write(&reply.to_string())?,
            _ => {}
        }
        write(&reply.to_string())
    }
}
