//! What our own machine may not give us: none of it says anything of a cloud.

use std::io;

use rustix::io::Errno;

/// Something of our own that there is too little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// Open files, of this process or of the machine.
    Files,
    /// Memory, or the kernel's buffers.
    Memory,
    /// Ports to connect from.
    Ports,
    /// Places among the calls that may be under way at once, of which there are as many as open
    /// files allow.
    Places,
}

impl Lack {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Files, Self::Memory, Self::Ports, Self::Places];

    /// The word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Memory => "memory",
            Self::Ports => "ports",
            Self::Places => "places",
        }
    }

    /// What it is and what to do about it, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Files => {
                "omsd has no open files left; raise the limit (LimitNOFILE= in its unit, or \
                 ulimit -n)"
            }
            Self::Memory => "this machine has no memory left for another connection",
            Self::Ports => {
                "this machine has no ports left to connect from; widen \
                 net.ipv4.ip_local_port_range"
            }
            Self::Places => {
                "omsd has as many calls to clouds under way as its limit of open files allows; \
                 raise the limit (LimitNOFILE= in its unit, or ulimit -n)"
            }
        }
    }

    /// What an error of the system says that there is too little of.
    pub fn of(error: &io::Error) -> Option<Self> {
        let errno = Errno::from_io_error(error)?;
        [
            (Errno::MFILE, Self::Files),
            (Errno::NFILE, Self::Files),
            (Errno::NOMEM, Self::Memory),
            (Errno::NOBUFS, Self::Memory),
            // Of a connection that is to be made: no thread, or no entry in some table.
            (Errno::AGAIN, Self::Memory),
            (Errno::ADDRNOTAVAIL, Self::Ports),
        ]
        .into_iter()
        .find_map(|(of, lack)| (of == errno).then_some(lack))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_is_a_lack() {
        let of = |errno: Errno| Lack::of(&io::Error::from(errno));
        assert_eq!(of(Errno::MFILE), Some(Lack::Files));
        assert_eq!(of(Errno::NFILE), Some(Lack::Files));
        assert_eq!(of(Errno::NOMEM), Some(Lack::Memory));
        assert_eq!(of(Errno::ADDRNOTAVAIL), Some(Lack::Ports));
        for cloud in [Errno::CONNREFUSED, Errno::HOSTUNREACH, Errno::CONNRESET] {
            assert_eq!(of(cloud), None);
        }
        assert_eq!(Lack::of(&io::ErrorKind::TimedOut.into()), None);
    }
}
