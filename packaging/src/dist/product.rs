//! What there is to be packed: three programs, and what belongs to each.
//!
//! One list serves every kind of package, so that they cannot differ in more
//! than where a distribution wants a file to be.

/// A program and what comes with it.
#[derive(Debug)]
pub(super) struct Product {
    /// What the package is called.
    pub(super) name: &'static str,
    /// The program in it.
    pub(super) program: &'static str,
    /// Cargo's name for what the program is built from.
    pub(super) krate: &'static str,
    /// The profile that it ships from: `release`, or one of its own.
    pub(super) profile: &'static str,
    /// What it is, in a line.
    pub(super) summary: &'static str,
    /// What it is, in a few lines of at most 75 letters.
    pub(super) description: &'static [&'static str],
    /// Debian's word for where it belongs.
    pub(super) section: &'static str,
    /// The section of the manual that its pages are in.
    pub(super) manual: &'static str,
    /// What it cannot do without, besides what it is linked with; so called by
    /// Debian and Red Hat alike.
    pub(super) needs: &'static [&'static str],
    /// Whether it is a service, with a unit, a user and a state folder.
    pub(super) is_service: bool,
    /// Files of the sources that are installed as they are: from, to.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// Settings that their owner may change: from, to.
    pub(super) settings: &'static [(&'static str, &'static str)],
}

/// Everything that is packed for Linux.
pub(super) const PRODUCTS: &[Product] = &[
    Product {
        name: "remit-agent",
        program: "remit-agent",
        krate: "remit-agent",
        profile: "agent",
        summary: "light monitoring agent for co-managed machines",
        description: &[
            "The agent of Remit measures this machine, knows its updates and backups,",
            "and reports to a collector over mutually authenticated TLS. What cannot",
            "be delivered is kept on disk. It takes no orders: there is no call by",
            "which a collector could make it run anything.",
        ],
        section: "admin",
        manual: "8",
        needs: &["tzdata"],
        is_service: true,
        files: &[],
        settings: &[("packaging/linux/agent.toml", "/etc/remit/agent.toml")],
    },
    Product {
        name: "remit-collector",
        program: "remit-collector",
        krate: "remit-collector",
        profile: "release",
        summary: "collector that tells whose remit an alert is",
        description: &[
            "The collector of Remit gathers what agents report, decides by the",
            "responsibility matrix of two teams whose remit a problem is, raises the",
            "alert to its owner, and escalates until somebody acts.",
        ],
        section: "admin",
        manual: "8",
        // Webhooks and mail lead to those whom the whole world vouches for.
        needs: &["ca-certificates", "tzdata"],
        is_service: true,
        files: &[],
        settings: &[],
    },
    Product {
        name: "remit",
        program: "remit",
        krate: "remit-ctl",
        profile: "release",
        summary: "command line for teams that share monitored machines",
        description: &[
            "What people of both teams type: alerts and whose they are, endpoints,",
            "updates, backups, the responsibility matrix with lint and simulation,",
            "change requests, maintenance windows, reports.",
        ],
        section: "admin",
        manual: "1",
        needs: &["tzdata"],
        is_service: false,
        files: &[("collector/matrix/starter.toml", "/usr/share/remit/starter.toml")],
        settings: &[],
    },
];

impl Product {
    /// The unit's file, for a service.
    pub(super) fn unit(&self) -> Option<String> {
        self.is_service.then(|| format!("{}.service", self.name))
    }
}
