//! The local certificate authority and the certificates it signs, as PEM texts. Reads no clock and no file.

use std::collections::BTreeSet;
use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use x509_parser::extensions::GeneralName;

use crate::clock::Timestamp;

/// Life of the authority: ten years.
pub const AUTHORITY_DAYS: i64 = 3653;
/// Life of a certificate. Browsers take no more than 398 days.
pub const LEAF_DAYS: i64 = 397;
/// A certificate with fewer days left is replaced.
pub const RENEW_DAYS: i64 = 30;

const DAY_MS: i64 = 86_400_000;

/// Why no certificate could be made or read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AuthorityError {
    #[error("no certificate could be made: {0}")]
    Make(String),
    #[error("this is not a certificate: {0}")]
    Read(String),
}

impl From<rcgen::Error> for AuthorityError {
    fn from(e: rcgen::Error) -> Self {
        Self::Make(e.to_string())
    }
}

/// A certificate and its private key, both PEM.
pub struct Pair {
    pub cert: String,
    pub key: String,
}

/// The names and addresses that a certificate is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Host names in lower case.
    pub dns: BTreeSet<String>,
    pub ips: BTreeSet<IpAddr>,
}

impl Names {
    /// Whether all of `wanted` are among these. A name also by a wildcard for its domain.
    pub fn cover(&self, wanted: &Names) -> bool {
        wanted.dns.iter().all(|name| self.covers_name(name)) && wanted.ips.is_subset(&self.ips)
    }
    /// Whether a request for this name will find a certificate that fits.
    pub fn covers_name(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let wildcard = name.split_once('.').map(|(_, domain)| format!("*.{domain}"));
        self.dns.contains(&name) || wildcard.is_some_and(|wildcard| self.dns.contains(&wildcard))
    }
    /// All of them as text, names first.
    pub fn list(&self) -> Vec<String> {
        self.dns.iter().cloned().chain(self.ips.iter().map(IpAddr::to_string)).collect()
    }
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub names: Names,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub issuer: String,
    pub subject: String,
    /// SHA-256 of the certificate as browsers and systems show it: `AB:CD:…`.
    pub fingerprint: String,
}

impl Facts {
    /// Reads the first certificate of a PEM text.
    pub fn of_pem(pem: &[u8]) -> Result<Self, AuthorityError> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|e| AuthorityError::Read(format!("{e:?}")))?;
        Self::of_der(&der)
    }
    pub fn of_der(der: &[u8]) -> Result<Self, AuthorityError> {
        let read = |e: &dyn std::fmt::Display| AuthorityError::Read(e.to_string());
        let (_, cert) = x509_parser::parse_x509_certificate(der).map_err(|e| read(&e))?;
        let mut names = Names::default();
        let sans = cert.subject_alternative_name().map_err(|e| read(&e))?;
        for san in sans.iter().flat_map(|san| &san.value.general_names) {
            match san {
                GeneralName::DNSName(name) => {
                    names.dns.insert(name.to_ascii_lowercase());
                }
                GeneralName::IPAddress(bytes) => names.ips.extend(address(bytes)),
                _ => {}
            }
        }
        let digest = Sha256::digest(der);
        Ok(Self {
            names,
            not_before: Timestamp(cert.validity().not_before.timestamp().saturating_mul(1000)),
            not_after: Timestamp(cert.validity().not_after.timestamp().saturating_mul(1000)),
            issuer: cert.issuer().to_string(),
            subject: cert.subject().to_string(),
            fingerprint: digest.iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(":"),
        })
    }
    /// Whole days until it expires; negative once it has.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        (self.not_after.0 - now.0).div_euclid(DAY_MS)
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}

/// A new authority for the machine called `host`.
pub fn make_authority(host: &str, now: Timestamp) -> Result<Pair, AuthorityError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    // Two authorities of one machine must not bear one name: browsers mix them up.
    let digest = Sha256::digest(key.public_key_raw());
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::OrganizationName, "Charla");
    params.distinguished_name.push(
        DnType::CommonName,
        format!("Charla on {host} ({:02x}{:02x}{:02x})", digest[0], digest[1], digest[2]),
    );
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, now, AUTHORITY_DAYS);
    Ok(Pair { cert: params.self_signed(&key)?.pem(), key: key.serialize_pem() })
}

/// A new certificate (and key: a serial number must not come twice) for these names, signed by the authority.
pub fn issue(authority: &Pair, names: &Names, now: Timestamp) -> Result<Pair, AuthorityError> {
    let issuer = Issuer::from_ca_cert_pem(&authority.cert, KeyPair::from_pem(&authority.key)?)?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::OrganizationName, "Charla");
    params.distinguished_name.push(DnType::CommonName, "Charla server");
    for name in &names.dns {
        params.subject_alt_names.push(SanType::DnsName(name.as_str().try_into()?));
    }
    params.subject_alt_names.extend(names.ips.iter().map(|ip| SanType::IpAddress(*ip)));
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, now, LEAF_DAYS);
    Ok(Pair { cert: params.signed_by(&key, &issuer)?.pem(), key: key.serialize_pem() })
}

/// Whether a certificate of ours should be replaced: it runs out, lacks a name, or another authority signed it.
pub fn is_stale(leaf: &Facts, authority: &Facts, names: &Names, now: Timestamp) -> bool {
    leaf.days_left(now) < RENEW_DAYS
        || leaf.not_before > now
        || !leaf.names.cover(names)
        || leaf.issuer != authority.subject
}

/// From the day before (other machines' clocks are behind) for so many days.
fn set_validity(params: &mut CertificateParams, now: Timestamp, days: i64) {
    let date = |offset: i64| {
        let at = jiff::Timestamp::from_millisecond(now.0.saturating_add(offset * DAY_MS))
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        let part = |n: i8| u8::try_from(n).unwrap_or(1);
        rcgen::date_time_ymd(date.year().into(), part(date.month()), part(date.day()))
    };
    params.not_before = date(-1);
    params.not_after = date(days - 1);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn names(dns: &[&str], ips: &[&str]) -> Names {
        Names {
            dns: dns.iter().map(|n| (*n).to_owned()).collect(),
            ips: ips.iter().map(|ip| ip.parse().unwrap()).collect(),
        }
    }

    fn days(n: u64) -> Duration {
        Duration::from_secs(n * 86_400)
    }

    #[test]
    fn a_certificate_is_for_its_names_and_no_longer_than_browsers_take() {
        let names = names(&["localhost", "chat.example"], &["127.0.0.1", "::1", "192.0.2.7"]);
        let authority = make_authority("box", NOW).unwrap();
        let leaf = issue(&authority, &names, NOW).unwrap();
        let (top, facts) =
            (Facts::of_pem(authority.cert.as_bytes()).unwrap(), Facts::of_pem(leaf.cert.as_bytes()).unwrap());
        assert_eq!(facts.names, names);
        assert!((365..398).contains(&facts.days_left(NOW)), "{}", facts.days_left(NOW));
        assert!(top.days_left(NOW) > 3640);
        assert!(facts.not_before < NOW && facts.not_after.since(facts.not_before) <= days(398));
        assert!(top.subject.contains("Charla on box"), "{}", top.subject);
        assert_eq!(top.fingerprint.len(), 32 * 3 - 1);
        assert!(!is_stale(&facts, &top, &names, NOW));
    }

    #[test]
    fn a_certificate_is_replaced_when_it_no_longer_fits() {
        let here = names(&["localhost"], &["127.0.0.1"]);
        let authority = make_authority("box", NOW).unwrap();
        let top = Facts::of_pem(authority.cert.as_bytes()).unwrap();
        let leaf = Facts::of_pem(issue(&authority, &here, NOW).unwrap().cert.as_bytes()).unwrap();
        assert!(!is_stale(&leaf, &top, &here, NOW.plus(days(360))));
        assert!(is_stale(&leaf, &top, &here, NOW.plus(days(370))));
        assert!(is_stale(&leaf, &top, &here, NOW.minus(days(9))), "it is not valid yet");
        assert!(is_stale(&leaf, &top, &names(&["localhost", "box"], &[]), NOW));
        assert!(is_stale(&leaf, &top, &names(&[], &["192.0.2.7"]), NOW));
        assert!(!is_stale(&leaf, &top, &names(&["localhost"], &[]), NOW), "one name less is no reason");
        let other = Facts::of_pem(make_authority("box", NOW).unwrap().cert.as_bytes()).unwrap();
        assert!(is_stale(&leaf, &other, &here, NOW), "another authority of the same machine");
    }

    #[test]
    fn a_wildcard_covers_one_label() {
        let have = names(&["*.example.org", "example.org"], &[]);
        assert!(have.covers_name("Chat.example.org") && have.covers_name("example.org"));
        assert!(!have.covers_name("a.b.example.org") && !have.covers_name("example.net"));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert!(matches!(Facts::of_pem(b"hello"), Err(AuthorityError::Read(_))));
        assert!(matches!(Facts::of_der(&[0x30, 0x03, 1, 2, 3]), Err(AuthorityError::Read(_))));
        let bad = Pair { cert: "x".into(), key: "y".into() };
        assert!(matches!(issue(&bad, &Names::default(), NOW), Err(AuthorityError::Make(_))));
    }
}
