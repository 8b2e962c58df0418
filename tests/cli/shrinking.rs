//! `shrink`.

use crate::{bindproof, bindproof_with, folder};

const TWO_ADDRESSES: &str = "title A specific address beside a wildcard\n\
a = socket inet\nset a linger 5\nbind a 0.0.0.0:q => ok\nlisten a 3\nc = connect 127.0.0.1:q\n\
b = socket inet\nset b cloexec on\nbind b 127.0.0.2:q\nlisten b 3\n";

/// Any platform that lets the two stand side by side, on one that does not.
fn apart(more: &[&str]) -> crate::Done {
    let arguments = ["shrink", "-", "--subject", "simulated:linux", "--against", "windows"];
    bindproof_with(&[&arguments, more].concat(), TWO_ADDRESSES)
}

#[test]
fn what_tells_two_platforms_apart_is_shrunk() {
    let done = apart(&[]);
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(
        done.stdout,
        "a = socket inet\nbind a 0.0.0.0:p\nb = socket inet\nbind b 127.0.0.1:p\n"
    );
    assert!(done.stderr.contains("got EADDRINUSE, allowed ok by bind.conflict"), "{done:?}");
}

#[test]
fn it_is_written_in_each_form() {
    for (form, sign) in [
        ("c", "int main(void)"),
        ("python", "import socket"),
        ("rust", "fn main()"),
        ("script", "bind b 127.0.0.1:p => ok\n"),
    ] {
        let done = apart(&["--as", form]);
        assert_eq!(done.code, 1, "{done:?}");
        assert!(done.stdout.contains(sign), "{form}: {done:?}");
    }
}

/// A file that holds two programs does not compile.
#[test]
fn a_program_shows_one_finding() {
    let (_folder, path) = folder();
    let output = path.join("out");
    let both = format!("{TWO_ADDRESSES}---\n{TWO_ADDRESSES}");
    for (more, code, written) in [
        (&["--as", "c"][..], 2, false),
        (&["--as", "python"], 2, false),
        (&["--as", "rust"], 2, false),
        (&["--as", "script"], 1, true),
        (&[], 1, true),
    ] {
        let arguments = ["shrink", "-", "--subject", "simulated:linux", "--against", "windows"];
        let to = ["--output", output.to_str().expect("UTF-8")];
        let done = bindproof_with(&[&arguments, &to[..], more].concat(), &both);
        assert_eq!((done.code, output.exists()), (code, written), "{more:?}: {done:?}");
        if written {
            let scripts = std::fs::read_to_string(&output).expect("it is there");
            assert_eq!(bindproof::script::parse(&scripts).expect("scripts").len(), 2, "{scripts}");
            std::fs::remove_file(&output).expect("it is there");
        } else {
            assert!(done.stderr.contains("--as script"), "{done:?}");
        }
    }
}

#[test]
fn a_trace_stands_for_its_script() {
    let run = ["run", "-", "--format", "json", "--subject", "simulated:linux"];
    let script = TWO_ADDRESSES.replace("127.0.0.2", "127.0.0.1");
    let trace = bindproof_with(&run, &script).stdout;
    let (_folder, path) = folder();
    let file = path.join("trace.jsonl");
    std::fs::write(&file, trace).expect("written");
    let file = file.to_str().expect("UTF-8");
    let arguments = ["shrink", file, "--subject", "simulated:linux", "--against", "macos"];
    // macOS without options refuses it, too.
    let done = bindproof(&arguments);
    assert_eq!((done.code, done.stdout.as_str()), (0, ""), "{done:?}");
    assert!(done.stderr.contains("nothing diverges"), "{done:?}");
}

#[test]
fn this_machine_does_not_diverge_from_its_model() {
    let done = bindproof_with(&["shrink", "-"], TWO_ADDRESSES);
    assert_eq!((done.code, done.stdout.as_str()), (0, ""), "{done:?}");
}

#[test]
fn a_script_without_calls_is_not_judged() {
    for nothing in ["", "title Nothing\n"] {
        let done = bindproof_with(&["shrink", "-"], nothing);
        assert_eq!((done.code, done.stdout.as_str()), (4, ""), "{done:?}");
        assert!(done.stderr.contains("nothing was judged"), "{done:?}");
    }
}

#[test]
fn what_cannot_be_shrunk_is_named() {
    for (arguments, input, what) in [
        (vec!["shrink", "-", "--as", "pyton"], "a = socket inet\n", "did you mean python?"),
        (vec!["shrink", "-"], "a = sokket inet\n", "-: line 1, column 5"),
        (vec!["shrink", "-"], "{\"format\":9}\n", "-: line 1"),
        (vec!["shrink", "no-such-file"], "", "cannot read no-such-file"),
        (vec!["shrink", "-"], "a = connect 192.0.2.1:80\n", "--allow-network"),
    ] {
        let done = bindproof_with(&arguments, input);
        assert_eq!(done.code, 2, "{done:?}");
        assert!(done.stderr.contains(what), "{what}: {done:?}");
    }
}
