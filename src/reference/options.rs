//! What `bind_sockets` is asked for.

/// The port to bind (R1, D3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Port {
    /// A port number; 0 lets the kernel choose one, the same for every family (R16).
    Number(u16),
    /// A service name such as `http`, or digits as text.
    Service(String),
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

/// The arguments of `bind_sockets`, with Tornado's defaults.
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
