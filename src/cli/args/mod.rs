//! What the command line takes. Comments here are the help text.
#![expect(clippy::doc_markdown, reason = "the help text has no backticks")]

mod evidence;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use self::evidence::{GateArgs, GateFormat, MatrixArgs, MatrixFormat, RecordArgs};

use crate::reproduce::Form;
use crate::run::SubjectName;
use crate::script::{FamilyArg, FlagsArg, Platform};

/// See, check and rely on how an operating system answers a server that opens its listening
/// sockets.
#[derive(Debug, Parser)]
#[command(name = "bindproof", version, max_term_width = 100, infer_long_args = false)]
#[command(
    after_help = "Exit codes: 0 as expected; 1 findings, or bind with an error; 2 wrong use \
or the harness could not work; 4 nothing was judged."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) verb: Verb,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Run every behaviour on this machine and print the table (the default)
    Check(CheckArgs),
    /// Run scripts and print their traces
    Run(RunArgs),
    /// Call the reference bind_sockets and print its sockets
    Bind(BindArgs),
    /// Serve connections on localhost: hello over HTTP, or an echo
    Serve(ServeArgs),
    /// Record what this machine answers as the evidence of a lane
    Record(RecordArgs),
    /// Compare with what is known: fail on new, vanished and changed deviations
    Gate(GateArgs),
    /// Show what every lane answered to every behaviour
    Matrix(MatrixArgs),
    /// Say what a platform may answer to scripts, without running them
    Predict(PredictArgs),
    /// Give a verdict on recorded traces
    Judge(JudgeArgs),
    /// Find the shortest script that still diverges from the model
    Shrink(ShrinkArgs),
    /// Show a rule or a behaviour with its evidence
    Explain(ExplainArgs),
    /// Put another implementation, in any language, under the same judge
    Conform(ConformArgs),
    /// Say what this machine can do, and what to do about the rest
    Doctor(DoctorArgs),
    /// Write the manual page or the completions of a shell
    Generate(GenerateArgs),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    pub(super) fn apply(self) {
        match self {
            // anstream looks at NO_COLOR, CLICOLOR, CLICOLOR_FORCE and the terminal.
            Self::Auto => {}
            Self::Always => anstream::ColorChoice::Always.write_global(),
            Self::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Terminal,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    Terminal,
    Json,
    Markdown,
    Github,
    Junit,
}

#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// How the product is written
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(super) format: Format,
    /// Where it is written; - is stdout
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(super) output: PathBuf,
}

/// How long one script may take unless it is said, in seconds.
const TIMEOUT_S: u64 = 30;

#[derive(Debug, Args)]
pub(super) struct RunnerArgs {
    /// What answers: reference (bind_sockets by the reference, the rest by the kernel), kernel, or
    /// simulated:linux, simulated:macos, simulated:windows, simulated:freebsd (the model plays it)
    #[arg(long, value_name = "SUBJECT", default_value_t = SubjectName::Reference, value_parser = subject)]
    pub(super) subject: SubjectName,
    /// Worker processes at once; 0 is one for each core
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) jobs: usize,
    /// How long one script may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT_S, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) timeout: u64,
    /// Stay on the host's network; scripts that need a private one are skipped
    #[arg(long)]
    pub(super) no_sandbox: bool,
    /// Count what was skipped as a finding
    #[arg(long)]
    pub(super) strict: bool,
    /// Let scripts connect to addresses that are not this machine's loopback
    #[arg(long)]
    pub(super) allow_network: bool,
}

impl RunnerArgs {
    /// As they are where no flag is given.
    pub(super) fn usual() -> Self {
        Self {
            subject: SubjectName::Reference,
            jobs: 0,
            timeout: TIMEOUT_S,
            no_sandbox: false,
            strict: false,
            allow_network: false,
        }
    }

    /// How long one script may take, in milliseconds.
    pub(super) fn timeout_ms(&self) -> u64 {
        self.timeout * 1_000
    }
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Only behaviours whose group/name contains one of these
    #[arg(value_name = "FILTER")]
    pub(super) filters: Vec<String>,
    /// Behaviours from a folder with group/name.sock in place of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(super) behaviours: Option<PathBuf>,
    /// List the behaviours without running them
    #[arg(long)]
    pub(super) list: bool,
    /// In place of the behaviours: every program of 2 or 3 sockets, judged by the model; a call that
    /// it does not know exactly one answer to is a finding
    #[arg(long, value_name = "SOCKETS", value_parser = clap::value_parser!(u32).range(2..=3), conflicts_with_all = ["filters", "random"])]
    pub(super) exhaustive: Option<u32>,
    /// Only the program with this number
    #[arg(long, value_name = "NUMBER", requires = "exhaustive")]
    pub(super) only: Option<usize>,
    /// In place of the behaviours: so many random histories, judged by the model; it is a finding
    /// if more than 1 % of the calls are not modelled
    #[arg(long, value_name = "N", conflicts_with = "filters")]
    pub(super) random: Option<u64>,
    /// The seed of the first random history; each further one has the next seed
    #[arg(long, value_name = "SEED", default_value_t = 1, requires = "random")]
    pub(super) seed: u64,
    /// Write every trace into this folder, group/name.jsonl
    #[arg(long, value_name = "DIR")]
    pub(super) traces: Option<PathBuf>,
    #[command(flatten)]
    pub(super) runner: RunnerArgs,
    /// How the product is written; of --exhaustive and --random: terminal or json
    #[arg(long, value_enum, default_value_t = CheckFormat::Terminal)]
    pub(super) format: CheckFormat,
    /// Where it is written; - is stdout
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(super) output: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Script files; - is stdin
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// List the scripts without running them
    #[arg(long)]
    pub(super) list: bool,
    #[command(flatten)]
    pub(super) runner: RunnerArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct PredictArgs {
    /// Script files; - is stdin
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// linux, macos, windows or freebsd
    #[arg(long)]
    pub(super) platform: Platform,
    /// The kernel's release as it reports itself, such as 6.1.0; without it the newest measured one
    #[arg(long)]
    pub(super) release: Option<String>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct JudgeArgs {
    /// Files with traces, as run and check --traces write them; - is stdin
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// Count what is not modelled, and a trace that ended early, as a finding
    #[arg(long)]
    pub(super) strict: bool,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct ShrinkArgs {
    /// Script files, or traces, whose scripts are taken; - is stdin
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// Write it as a program that exits 0 where the behaviour is as the model says, else 1: c,
    /// python, rust, or as a script with expectations
    #[arg(long = "as", value_name = "FORM")]
    pub(super) form: Option<Form>,
    /// Judge by the model of another platform: what is the shortest script that tells them apart?
    #[arg(long, value_name = "PLATFORM")]
    pub(super) against: Option<Platform>,
    /// Where it is written; - is stdout
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(super) output: PathBuf,
    #[command(flatten)]
    pub(super) runner: RunnerArgs,
}

#[derive(Debug, Args)]
pub(super) struct BindArgs {
    /// Port number or service name; 0 lets the kernel choose
    #[arg(long, default_value = "0", allow_hyphen_values = true)]
    pub(super) port: String,
    /// IP address or host name; absent or empty is every interface
    #[arg(long, allow_hyphen_values = true)]
    pub(super) address: Option<String>,
    /// unspec, inet, inet6 or a number
    #[arg(long, default_value = "unspec", allow_hyphen_values = true)]
    pub(super) family: FamilyArg,
    /// The argument of listen
    #[arg(long, default_value_t = 128, allow_hyphen_values = true)]
    pub(super) backlog: i32,
    /// none, 0, 0x… or names joined by commas (passive, canonname, numerichost, …)
    #[arg(long, default_value = "none", value_name = "LIST")]
    pub(super) flags: FlagsArg,
    /// Set SO_REUSEPORT
    #[arg(long)]
    pub(super) reuse_port: bool,
    /// New ports to try when port 0 meets one that is taken in the other family
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) port_attempts: u32,
    /// Set SO_EXCLUSIVEADDRUSE on Windows
    #[arg(long)]
    pub(super) exclusive: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// Behave as a program that was built without IPv6 (for the comparison with Tornado)
    #[arg(long, hide = true)]
    pub(super) assume_no_ipv6: bool,
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Port number or service name; 0 lets the kernel choose one for each address
    #[arg(long, default_value = "8888", allow_hyphen_values = true)]
    pub(super) port: String,
    /// IP address or host name, as often as you like; "" is every interface, which others can reach
    #[arg(long, value_name = "ADDRESS", default_value = "localhost", allow_hyphen_values = true)]
    pub(super) address: Vec<String>,
    /// Send back what comes, in place of hello
    #[arg(long)]
    pub(super) echo: bool,
    /// Serve with N threads; 0 is one for each CPU
    #[arg(long, value_name = "N", conflicts_with = "processes")]
    pub(super) threads: Option<usize>,
    /// Serve with N processes, which are started again when they fail; 0 is one for each CPU
    #[arg(long, value_name = "N")]
    pub(super) processes: Option<usize>,
    /// The argument of listen
    #[arg(long, default_value_t = 128, allow_hyphen_values = true)]
    pub(super) backlog: i32,
    /// Set SO_REUSEPORT, so that a second server can take over
    #[arg(long)]
    pub(super) reuse_port: bool,
    /// How long connections may go on after SIGINT, SIGTERM or Ctrl-C, in seconds; a second one
    /// ends them at once
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(super) grace: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Contract {
    /// The rules of Tornado's bind_sockets, with the reference's deliberate differences
    Tornado,
}

#[derive(Debug, Args)]
pub(super) struct ConformArgs {
    /// The adapter: a program that speaks the protocol of adapters/PROTOCOL.md, with its arguments
    #[arg(value_name = "COMMAND", last = true, required_unless_present = "list")]
    pub(super) command: Vec<String>,
    /// Hold it to a contract, too: pass or fail, each finding on its shortest script
    #[arg(long, value_enum)]
    pub(super) contract: Option<Contract>,
    /// Only these environments: plain, no-ipv6, docker, bindv6only
    #[arg(long, value_name = "NAME")]
    pub(super) environment: Vec<String>,
    /// In place of the questions: these scripts, each on a fresh adapter, judged; - is stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["contract", "environment"])]
    pub(super) script: Option<PathBuf>,
    /// Keep the traits as evidence: write them into a folder of the runtime's name in this one
    #[arg(long, value_name = "DIR", conflicts_with_all = ["script", "environment"])]
    pub(super) record: Option<PathBuf>,
    /// List the questions and the environments
    #[arg(long)]
    pub(super) list: bool,
    /// Do not look into the adapter: prove from outside what can be proved
    #[arg(long)]
    pub(super) from_outside: bool,
    /// Stay on the host's network; environments that need a private one are skipped
    #[arg(long)]
    pub(super) no_sandbox: bool,
    /// Environments at once; 0 is one for each core
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) jobs: usize,
    /// How long a reply may take, in seconds (5)
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(super) timeout: Option<u64>,
    /// How long the first reply may take, in seconds (15)
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(super) start_timeout: Option<u64>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A rule, such as bind.conflict, or a behaviour, group/name
    #[arg(value_name = "RULE|BEHAVIOUR", required_unless_present = "coverage")]
    pub(super) id: Option<String>,
    /// Run everything, and show which rules real traces reach, which only simulated ones, which none
    #[arg(long, conflicts_with = "id")]
    pub(super) coverage: bool,
    /// Behaviours from a folder in place of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(super) behaviours: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// man, or a shell: bash, elvish, fish, powershell, zsh
    #[arg(value_enum)]
    pub(super) what: Generated,
    /// Where it is written; - is stdout. A manual page of each verb goes into a folder
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(super) output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Generated {
    Man,
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

fn subject(text: &str) -> Result<SubjectName, String> {
    text.parse()
}
