//! Stories whose end the model leaves open, and of what hardly any script does.

use crate::openness::known;
use crate::told::told;

#[test]
fn what_a_connection_that_is_not_settled_would_answer_is_open() {
    for call in ["b = accept e", "v = serve e", "listen e 1", "connect e 127.0.0.1:2002"] {
        told(
            &known(),
            &format!(
                "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 0 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000
  e = socket inet -> ok
  connect e 127.0.0.1:2000 -> blocks
? {call} -> ok
",
            ),
        );
    }
}

#[test]
fn which_of_two_busy_listeners_a_server_turns_to_first_is_open() {
    let two = |stop: &str, mark: &str| {
        format!(
            "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  b = socket inet -> ok
  bind b 127.0.0.1:2001 -> ok
  listen b 5 -> ok
  v = serve a b{stop} -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000
  d = connect 127.0.0.1:2001 -> local 127.0.0.1:40001
{mark} recv c -> blocks
"
        )
    };
    told(&known(), &two("", " "));
    told(&known(), &two(" stop=1", "?"));
}

#[test]
fn a_client_that_is_bound_is_known_by_its_port() {
    let accepted = |mark: &str, port: u16| {
        format!(
            "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  c = socket inet -> ok
  bind c 127.0.0.1:3000 -> ok
  connect c 127.0.0.1:2000 -> local 127.0.0.1:3000
{mark} d = accept a -> peer 127.0.0.1:{port}
"
        )
    };
    told(&known(), &accepted(" ", 3000));
    told(&known(), &accepted("!", 3001));
}

#[test]
fn nobody_has_looked_what_a_second_connection_does_over_the_time_wait_of_the_same_one() {
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  c = socket inet -> ok
  set c reuseaddr on -> ok
  bind c 127.0.0.1:3000 -> ok
  connect c 127.0.0.1:2000 -> local 127.0.0.1:3000
  d = accept a -> peer 127.0.0.1:3000
  close c -> ok
  close d -> ok
  e = socket inet -> ok
  set e reuseaddr on -> ok
  bind e 127.0.0.1:3000 -> ok
? connect e 127.0.0.1:2000 -> local 127.0.0.1:3000
",
    );
}

#[test]
fn a_linger_that_is_on_is_a_second_and_another_machine_is_not_modelled() {
    told(
        &known(),
        "
  a = socket inet -> ok
  set a linger on -> ok
  get a linger -> 1
? c = connect [2001:db8::1]:80 -> ENETUNREACH
",
    );
}
