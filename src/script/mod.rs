//! Scripts: what to do, as a value and as text.

mod call;

pub use call::{
    Address, Answer, BindSocketsArgs, Call, Env, Expectation, Fail, FailOnly, Family, FamilyArg,
    Flag, FlagsArg, Half, Host, Name, Platform, Port, PortArg, ResolveArgs, Scope, Script, Setting,
    SocketOption, Step, Verb,
};
