//! What `bind_sockets` is asked for.

/// The port to bind (R1, D3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Port {
    /// A port number; 0 lets the kernel choose one, the same for every family (R16).
    Number(u16),
    /// A service name such as `http`, or digits as text. [`bind_sockets`](super::bind_sockets)
    /// judges it: digits are a number, and one above 65535 is refused.
    Service(String),
}

/// Any text, as a person writes a port: digits that fit are a number, everything else is left to
/// [`bind_sockets`](super::bind_sockets) to judge. Nothing is refused here, so that there is one
/// place that refuses.
///
/// ```
/// use bindproof::Port;
/// assert_eq!(Port::from("8080"), Port::Number(8080));
/// assert_eq!(Port::from("http"), Port::Service("http".into()));
/// assert_eq!(Port::from("70000"), Port::Service("70000".into()));
/// assert_eq!(Port::from("+80"), Port::Service("+80".into()));
/// ```
impl From<&str> for Port {
    fn from(text: &str) -> Self {
        match text.parse() {
            // `u16::from_str` takes a leading `+`, which no port has.
            Ok(number) if text.bytes().all(|byte| byte.is_ascii_digit()) => Self::Number(number),
            _ => Self::Service(text.to_owned()),
        }
    }
}

impl From<u16> for Port {
    fn from(number: u16) -> Self {
        Self::Number(number)
    }
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Service(text) => f.write_str(text),
        }
    }
}

/// The address family asked for (R4, R6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Family {
    /// `AF_UNSPEC`: both families.
    #[default]
    Unspec,
    /// `AF_INET`.
    Inet,
    /// `AF_INET6`.
    Inet6,
    /// Any other number, handed to the resolver as it is.
    Other(i32),
}

impl Family {
    /// The raw number of the family, by the platform's own numbers.
    ///
    /// ```
    /// use bindproof::Family;
    /// assert_eq!(Family::Unspec.raw(2, 10), 0);
    /// assert_eq!(Family::Inet6.raw(2, 10), 10);
    /// assert_eq!(Family::Other(1).raw(2, 10), 1);
    /// ```
    #[must_use]
    pub const fn raw(self, inet: i32, inet6: i32) -> i32 {
        match self {
            // POSIX leaves the number open; it is 0 on every platform named in `script::Platform`.
            Self::Unspec => 0,
            Self::Inet => inet,
            Self::Inet6 => inet6,
            Self::Other(number) => number,
        }
    }
}

/// The arguments of `bind_sockets`, with Tornado's defaults (R1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BindOptions {
    /// The port.
    pub port: Port,
    /// An IP address or a host name; `None` and `""` are every interface (R3).
    pub address: Option<String>,
    /// The address family.
    pub family: Family,
    /// The argument of `listen`, handed on as it is (R21).
    pub backlog: i32,
    /// `AI_…` bits, which **replace** `AI_PASSIVE` (R5).
    pub flags: Option<i32>,
    /// Set `SO_REUSEPORT` (R2, R14).
    pub reuse_port: bool,
    /// How many new ports to try when port 0 meets a port that is taken in the other family
    /// (D4); 0 is Tornado's behaviour.
    pub port_attempts: u32,
    /// Set `SO_EXCLUSIVEADDRUSE` on Windows (D7).
    pub exclusive: bool,
}

impl BindOptions {
    /// Every interface, both families, backlog 128, on this port.
    ///
    /// ```
    /// use bindproof::{BindOptions, Port};
    /// let options = BindOptions::new(Port::Number(8888));
    /// assert_eq!(options.backlog, 128);
    /// assert_eq!(options.address, None);
    /// ```
    #[must_use]
    pub fn new(port: Port) -> Self {
        Self {
            port,
            address: None,
            family: Family::Unspec,
            backlog: 128,
            flags: None,
            reuse_port: false,
            port_attempts: 10,
            exclusive: false,
        }
    }
}

impl From<u16> for BindOptions {
    fn from(port: u16) -> Self {
        Self::new(Port::Number(port))
    }
}
