use super::*;

#[test]
fn a_signature_is_the_one_that_anybody_with_the_secret_computes() {
    // printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
    let expected =
        "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163";
    assert_eq!(signature(b"secret", 1_700_000_000, b"{}"), expected);
}
