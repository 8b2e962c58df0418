//! The command `bindproof`.

fn main() -> std::process::ExitCode {
    bindproof::cli::main()
}
