//! This machine answers as the server counts on: `bindproof.toml` says what is run and what is known.

#[test]
fn sockets_answer_as_the_server_counts_on() {
    let passed = bindproof::gate("bindproof.toml").unwrap();
    println!("{} ran, {} known deviations", passed.ran, passed.known);
    for (behaviour, why) in passed.skipped {
        println!("skipped {behaviour}: {why}");
    }
}
