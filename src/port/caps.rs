//! How many connections there may be, in all and from one address. Knows no socket.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections; clones count together.
#[derive(Clone, Debug)]
pub struct Caps {
    total: usize,
    per_address: usize,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_origin: HashMap<Origin, usize>,
}

/// Who counts as one: an IPv4 address, or an IPv6 /64, which one customer has to himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Origin {
    V4([u8; 4]),
    V6([u16; 4]),
}

impl Origin {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.octets()),
            IpAddr::V6(v6) => {
                let s = v6.segments();
                Self::V6([s[0], s[1], s[2], s[3]])
            }
        }
    }
}

/// Which cap was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    Total,
    Address,
}

/// A place of one connection, given back when dropped.
#[derive(Debug)]
pub struct Permit {
    /// Whose it is; nobody's while a proxy has not told.
    origin: Option<Origin>,
    counts: Arc<Mutex<Counts>>,
}

impl Caps {
    pub fn new(total: usize, per_address: usize) -> Self {
        Self { total, per_address, counts: Arc::default() }
    }
    /// Takes a place for a connection from `address`.
    pub fn take(&self, address: IpAddr) -> Result<Permit, Full> {
        let mut permit = self.take_for_proxy()?;
        self.give(&mut permit, address)?;
        Ok(permit)
    }
    /// Takes a place for a connection that a proxy passes on, and of which it has not said yet whose it is.
    pub fn take_for_proxy(&self) -> Result<Permit, Full> {
        let mut counts = lock(&self.counts);
        if counts.all >= self.total {
            return Err(Full::Total);
        }
        counts.all += 1;
        Ok(Permit { origin: None, counts: self.counts.clone() })
    }
    /// Counts a place as that of `address`.
    pub fn give(&self, permit: &mut Permit, address: IpAddr) -> Result<(), Full> {
        let origin = Origin::of(address);
        let mut counts = lock(&self.counts);
        let here = counts.by_origin.entry(origin).or_default();
        if *here >= self.per_address {
            return Err(Full::Address);
        }
        *here += 1;
        permit.origin = Some(origin);
        Ok(())
    }
    /// Connections now.
    pub fn all(&self) -> usize {
        lock(&self.counts).all
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        counts.all = counts.all.saturating_sub(1);
        if let Some(origin) = self.origin
            && let Some(here) = counts.by_origin.get_mut(&origin)
        {
            *here -= 1;
            if *here == 0 {
                counts.by_origin.remove(&origin);
            }
        }
    }
}

/// Every critical section leaves the counts whole, so a poisoned lock holds nothing broken.
fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn caps_hold_per_address_and_in_all_and_places_come_back() {
        let caps = Caps::new(3, 2);
        let one = caps.take(ip("192.0.2.1")).unwrap();
        let _two = caps.take(ip("::ffff:192.0.2.1")).unwrap();
        assert_eq!(caps.take(ip("192.0.2.1")).unwrap_err(), Full::Address);
        let _three = caps.take(ip("192.0.2.2")).unwrap();
        assert_eq!(caps.take(ip("192.0.2.3")).unwrap_err(), Full::Total);
        drop(one);
        assert_eq!(caps.all(), 2);
        let _four = caps.take(ip("192.0.2.1")).unwrap();
    }

    #[test]
    fn a_proxy_s_connection_counts_for_whom_it_names() {
        let caps = Caps::new(3, 1);
        let mut one = caps.take_for_proxy().unwrap();
        let mut two = caps.take_for_proxy().unwrap();
        assert_eq!(caps.give(&mut one, ip("192.0.2.1")), Ok(()));
        assert_eq!(caps.give(&mut two, ip("192.0.2.1")), Err(Full::Address));
        assert_eq!(caps.give(&mut two, ip("192.0.2.2")), Ok(()));
        drop((one, two));
        assert_eq!(caps.all(), 0);
        assert!(lock(&caps.counts).by_origin.is_empty());
    }

    #[test]
    fn a_64_of_ipv6_counts_as_one_and_nothing_is_remembered() {
        let caps = Caps::new(9, 1);
        let permit = caps.take(ip("2001:db8:0:1::1")).unwrap();
        assert_eq!(caps.take(ip("2001:db8:0:1:ffff::2")).unwrap_err(), Full::Address);
        let other = caps.take(ip("2001:db8:0:2::1")).unwrap();
        drop((permit, other));
        assert!(lock(&caps.counts).by_origin.is_empty());
    }
}
