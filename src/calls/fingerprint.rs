//! PURE: tells peer connections apart. A browser makes a new DTLS certificate for each peer connection, so an offer with
//! the fingerprint of before comes from the same one (an ICE restart), another from a page that was loaded again.

/// The first `a=fingerprint` of an SDP (RFC 8122): hash function in lower case, digits in upper case. `None` if there is
/// none, or nothing that could be one.
pub fn of_offer(sdp: &str) -> Option<String> {
    let value = sdp.lines().find_map(|line| line.trim_end().strip_prefix("a=fingerprint:"))?;
    let (hash, digits) = value.trim().split_once(' ')?;
    let digits = digits.trim();
    let plain = |text: &str| text.len() <= 256 && !text.is_empty() && text.is_ascii();
    (plain(hash) && plain(digits) && digits.bytes().all(|b| b.is_ascii_hexdigit() || b == b':'))
        .then(|| format!("{} {}", hash.to_ascii_lowercase(), digits.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fingerprint_counts_whatever_its_case() {
        let sdp = "v=0\r\na=fingerprint:SHA-256 ab:0c\r\nm=audio 9 X 0\r\na=fingerprint:sha-256 FF:FF\r\n";
        assert_eq!(of_offer(sdp).as_deref(), Some("sha-256 AB:0C"));
        assert_eq!(of_offer("a=fingerprint:sha-256 AB:0C\n"), of_offer(sdp));
    }
    #[test]
    fn what_is_no_fingerprint_is_none() {
        let long = format!("a=fingerprint:sha-256 {}", "AB:".repeat(200));
        let bad = [
            "",
            "a=fingerprint:",
            "a=fingerprint:sha-256",
            "a=fingerprint:sha-256 x\"y",
            "b=fingerprint:x AB",
        ];
        for sdp in bad.into_iter().chain([long.as_str()]) {
            assert_eq!(of_offer(sdp), None, "{sdp}");
        }
    }
}
