using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FluentAssertions;
using McpActors.Core.Protection;
using Xunit;

namespace McpActors.Core.Tests.Protection;

/// <summary>The T cases of what a verifier accepts. What is not one exact string is refused.</summary>
public sealed class TokenCases
{
    private const string GoodHeader = """{"alg":"ES256","kid":"KID","typ":"mcpactors-approval+jwt"}""";
    private static readonly BigInteger s_order = BigInteger.Parse("0ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    private readonly World _world = new();
    private readonly SignedToken _token;
    private readonly string[] _parts;
    private readonly string _payload;

    public TokenCases()
    {
        _token = _world.Approve(_world.File(), World.Bob).Token!;
        _parts = _token.Text.Split('.');
        _payload = Encoding.ASCII.GetString(Decode(_parts[1]));
    }

    [Fact]
    public void A_token_that_was_just_signed_is_valid_and_says_what_was_signed()
    {
        var valid = Verify(_token.Text).Should().BeOfType<TokenCheck.Valid>().Which;

        valid.Claims.Should().Be(_token.Claims);
        valid.KeyId.Should().Be(World.Signer.KeyId);
        valid.Fingerprint.Should().Be(_token.Fingerprint);
        Verify(Sign(_payload)).Should().BeOfType<TokenCheck.Valid>("the helper of these tests signs as the writer does");
    }

    [Fact]
    public void Header_and_payload_are_their_own_canonical_JSON()
    {
        foreach (var part in _parts.Take(2).Select(Decode))
        {
            using var json = JsonDocument.Parse(part);
            CanonicalJson.Of(json.RootElement, CanonicalJsonOptions.ForSigning).Utf8.ToArray().Should().Equal(part);
        }
    }

    [Theory]
    [InlineData("none")]
    [InlineData("nOnE")]
    [InlineData("NONE")]
    [InlineData("ES384")]
    [InlineData("es256")]
    [InlineData("")]
    public void T02_Another_algorithm_is_refused(string algorithm)
    {
        var header = GoodHeader.Replace("ES256", algorithm, StringComparison.Ordinal);

        Fault(Sign(_payload, header)).Should().Be(TokenFault.Header);
        Fault($"{Encode(Kid(header))}.{_parts[1]}.").Should().Be(TokenFault.Encoding);
        Fault($"{Encode(Kid(header))}.{_parts[1]}").Should().Be(TokenFault.Encoding);
        Fault($"{_parts[0]}.{_parts[1]}.").Should().Be(TokenFault.Encoding);
    }

    [Fact]
    public void T03_A_keyed_hash_with_the_public_key_is_refused()
    {
        byte[][] secrets = [World.Signer.SubjectPublicKeyInfo, Encoding.ASCII.GetBytes(World.Signer.Pem), [.. World.Signer.Public.Q.X!, .. World.Signer.Public.Q.Y!]];
        foreach (var secret in secrets)
        {
            foreach (var header in new[] { GoodHeader.Replace("ES256", "HS256", StringComparison.Ordinal), GoodHeader })
            {
                var input = $"{Encode(Kid(header))}.{_parts[1]}";
                var mac = HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(input));
                Fault($"{input}.{Encode(mac)}").Should().Be(TokenFault.Encoding, "32 bytes are no signature");
                Fault($"{input}.{Encode([.. mac, .. mac])}").Should().BeOneOf(TokenFault.Header, TokenFault.SignatureForm, TokenFault.Signature);
            }
        }
    }

    [Theory]
    [InlineData("jwk", """{"kty":"EC"}""")]
    [InlineData("jku", "\"https://evil.example/keys\"")]
    [InlineData("x5u", "\"https://evil.example/cert\"")]
    [InlineData("x5c", """["MIIB"]""")]
    [InlineData("crit", """["exp"]""")]
    [InlineData("b64", "false")]
    public void T04_A_key_of_the_attacker_is_refused_whatever_the_header_brings(string member, string value)
    {
        var attacker = new TestSigner();
        var header = GoodHeader.Replace("{", $$"""{"{{member}}":{{value}},""", StringComparison.Ordinal);

        Fault(Sign(_payload, GoodHeader, attacker)).Should().Be(TokenFault.Signature, "the id of our key, the signature of theirs");
        Fault(Sign(_payload, GoodHeader, attacker, attacker.KeyId)).Should().Be(TokenFault.UnknownKey);
        Fault(Sign(_payload, header, attacker)).Should().Be(TokenFault.Header);
        Fault(Sign(_payload, header)).Should().Be(TokenFault.Header, "even by our key");
    }

    [Fact]
    public void T05_A_key_id_is_looked_up_and_is_nothing_else()
    {
        foreach (var id in new[] { "../../dev/null", "' OR 1=1 --", "a\0b", "", "\u00e9", "key\u0022", new string('x', 65) })
        {
            Fault(Sign(_payload, GoodHeader, keyId: id)).Should().Be(TokenFault.Header, id);
        }

        Fault(Sign(_payload, GoodHeader, keyId: "unknown")).Should().Be(TokenFault.UnknownKey);
        Fault(Sign(_payload, GoodHeader, keyId: World.Signer.KeyId.ToUpperInvariant())).Should().Be(TokenFault.UnknownKey);
        Fault(Sign(_payload, GoodHeader, keyId: new string('x', 10_000))).Should().Be(TokenFault.Length);
    }

    [Fact]
    public void T06_Of_20000_single_character_changes_none_is_accepted()
    {
        const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0é";
        var random = new Random(20261123);
        var text = _token.Text.ToCharArray();
        var accepted = new List<string>();
        for (var i = 0; i < 20_000; i++)
        {
            // The first rounds change every place, the last character of each part (with its loose bits) included.
            var at = i < text.Length * 4 ? i % text.Length : random.Next(text.Length);
            var was = text[at];
            do
            {
                text[at] = Characters[random.Next(Characters.Length)];
            }
            while (text[at] == was);

            if (Verify(new string(text)) is TokenCheck.Valid)
            {
                accepted.Add($"{at}: {was} -> {text[at]}");
            }

            text[at] = was;
        }

        accepted.Should().BeEmpty();
        Verify(new string(text)).Should().BeOfType<TokenCheck.Valid>();
    }

    [Fact]
    public void T06_Every_single_character_at_the_end_of_every_part_is_refused()
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (var part = 0; part < 3; part++)
        {
            foreach (var c in Alphabet.Where(c => c != _parts[part][^1]))
            {
                var parts = (string[])_parts.Clone();
                parts[part] = parts[part][..^1] + c;
                Verify(string.Join('.', parts)).Should().BeOfType<TokenCheck.Refused>();
            }
        }
    }

    [Fact]
    public void T06_A_character_more_or_less_anywhere_is_refused()
    {
        for (var at = 0; at <= _token.Text.Length; at++)
        {
            Verify(_token.Text.Insert(at, "A")).Should().BeOfType<TokenCheck.Refused>();
            Verify(_token.Text.Insert(at, ".")).Should().BeOfType<TokenCheck.Refused>();
            if (at < _token.Text.Length)
            {
                Verify(_token.Text.Remove(at, 1)).Should().BeOfType<TokenCheck.Refused>();
            }
        }
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(299, true)]
    public void T07_A_token_expires_at_the_exact_second(int secondsAfter, bool expired)
    {
        var check = _world.Verifier.Verify(_token.Text, _token.Claims.ExpiresAt.AddSeconds(secondsAfter));

        check.Should().Match<TokenCheck>(c => expired ? c.Equals(new TokenCheck.Refused(TokenFault.Expired)) : c is TokenCheck.Valid);
        _world.Verifier.Verify(_token.Text, _token.Claims.ExpiresAt.AddTicks(-1)).Should().BeOfType<TokenCheck.Valid>();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("\"EXP\"")]
    [InlineData("1e300")]
    [InlineData("1.7e9")]
    [InlineData("EXP.0")]
    [InlineData("-EXP")]
    [InlineData("+EXP")]
    [InlineData("0EXP")]
    [InlineData(" EXP")]
    [InlineData("9223372036854775808")]
    [InlineData("null")]
    [InlineData("[EXP]")]
    public void T08_An_expiry_that_is_not_a_plain_whole_number_is_refused(string? value)
    {
        var exp = _token.Claims.ExpiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var payload = value is null
            ? _payload.Replace($"\"exp\":{exp},", "", StringComparison.Ordinal)
            : _payload.Replace($"\"exp\":{exp}", $"\"exp\":{value.Replace("EXP", exp, StringComparison.Ordinal)}", StringComparison.Ordinal);

        payload.Should().NotBe(_payload);
        Fault(Sign(payload)).Should().Be(TokenFault.Payload);
        Fault(Sign(payload.Replace("exp", "xxx", StringComparison.Ordinal).Replace("iat", "exp", StringComparison.Ordinal))).Should().Be(TokenFault.Payload);
    }

    [Theory]
    [InlineData(0, TokenFault.Lifetime)]
    [InlineData(1801, TokenFault.Lifetime)]
    [InlineData(249000000000, TokenFault.Lifetime)]
    [InlineData(999999999999, TokenFault.Payload)]
    public void T08_A_lifetime_that_no_request_has_is_refused(long seconds, TokenFault fault)
    {
        var issued = _token.Claims.IssuedAt.ToUnixTimeSeconds();
        var expires = seconds > 100_000 ? seconds : issued + seconds;

        Fault(Sign(_payload.Replace($"\"exp\":{issued + 1800}", $"\"exp\":{expires}", StringComparison.Ordinal))).Should().Be(fault);
    }

    [Fact]
    public void T09_A_token_from_the_future_or_with_another_claim_of_time_is_refused()
    {
        _world.Verifier.Verify(_token.Text, _token.Claims.IssuedAt.AddMinutes(-10)).Should().Be(new TokenCheck.Refused(TokenFault.NotYet));
        _world.Verifier.Verify(_token.Text, _token.Claims.IssuedAt.AddTicks(-1)).Should().Be(new TokenCheck.Refused(TokenFault.NotYet));
        Fault(Sign(_payload.Replace(",\"pol\"", ",\"nbf\":1,\"pol\"", StringComparison.Ordinal))).Should().Be(TokenFault.Payload);
    }

    [Theory]
    [InlineData("\"iss\":\"mcpactors\"", "\"iss\":\"mcpactors2\"", TokenFault.Issuer)]
    [InlineData("\"iss\":\"mcpactors\"", "\"iss\":\"MCPACTORS\"", TokenFault.Issuer)]
    [InlineData("\"aud\":\"installation-1\"", "\"aud\":\"installation-2\"", TokenFault.Audience)]
    [InlineData("\"aud\":\"installation-1\"", "\"aud\":[\"installation-1\"]", TokenFault.Payload)]
    [InlineData("\"aud\":\"installation-1\"", "\"aud\":[\"x\",\"installation-1\"]", TokenFault.Payload)]
    [InlineData("\"aud\":\"installation-1\",", "", TokenFault.Payload)]
    [InlineData("\"aud\":\"installation-1\"", "\"aud\":\"installation-\\u0031\"", TokenFault.Payload)]
    [InlineData("{\"aud\"", "{ \"aud\"", TokenFault.Payload)]
    [InlineData("\"aud\":\"installation-1\"", "\"aud\":\"x\",\"aud\":\"installation-1\"", TokenFault.Payload)]
    public void T10_Another_issuer_audience_or_spelling_is_refused(string was, string becomes, TokenFault fault) =>
        Fault(Sign(_payload.Replace(was, becomes, StringComparison.Ordinal))).Should().Be(fault);

    [Theory]
    [InlineData("mcpactors-session+jwt")]
    [InlineData("JWT")]
    [InlineData("MCPACTORS-APPROVAL+JWT")]
    [InlineData("application/mcpactors-approval+jwt")]
    [InlineData("")]
    public void T11_Another_type_of_token_is_refused_even_by_our_key(string type) =>
        Fault(Sign(_payload, GoodHeader.Replace("mcpactors-approval+jwt", type, StringComparison.Ordinal))).Should().Be(TokenFault.Header);

    [Fact]
    public void T18_A_rotated_key_counts_until_the_overlap_is_over()
    {
        var young = new TestSigner();
        var now = _token.Claims.IssuedAt;
        var overlap = new TokenVerifier(World.Realm, new TokenKeyRing([World.Signer.Key(until: now.AddMinutes(10)), young.Key(from: now.AddMinutes(5))]));

        overlap.Verify(_token.Text, now.AddMinutes(10).AddTicks(-1)).Should().BeOfType<TokenCheck.Valid>();
        overlap.Verify(_token.Text, now.AddMinutes(10)).Should().Be(new TokenCheck.Refused(TokenFault.KeyOutOfWindow));
        var early = Sign(_payload, GoodHeader, young, young.KeyId);
        overlap.Verify(early, now.AddMinutes(6)).Should().Be(new TokenCheck.Refused(TokenFault.KeyOutOfWindow), "issued before the key counted");
        new TokenVerifier(World.Realm, new TokenKeyRing([young.Key()])).Verify(_token.Text, now).Should().Be(new TokenCheck.Refused(TokenFault.UnknownKey));
    }

    [Fact]
    public void T19_A_token_of_another_installation_is_refused_with_its_own_key_and_with_ours()
    {
        var other = new TokenRealm("mcpactors", "installation-2");
        var signer = new TestSigner();

        new TokenVerifier(other, new TokenKeyRing([signer.Key()])).Verify(_token.Text, _world.Now).Should().Be(new TokenCheck.Refused(TokenFault.UnknownKey));
        new TokenVerifier(other, new TokenKeyRing([World.Signer.Key()])).Verify(_token.Text, _world.Now).Should().Be(new TokenCheck.Refused(TokenFault.Audience));
    }

    [Fact]
    public void T20_Huge_and_deep_texts_are_refused_at_once_and_without_memory()
    {
        string[] texts =
        [
            new string('A', 1_000_000), new string('A', 10_000_000), new string('.', 10_000), _token.Text + new string('A', 10_000_000),
            Sign(new string('[', 600) + new string(']', 600)), Sign(_payload[..^1] + ",\"x\":" + new string('[', 1000) + new string(']', 1000) + "}"),
            new string('.', TokenVerifier.MaxLength), "..", "a.b.c", new string('é', 500),
        ];
        foreach (var text in texts)
        {
            Verify(text);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            var check = Verify(text);
            watch.Stop();

            check.Should().BeOfType<TokenCheck.Refused>();
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(64 * 1024);
            watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(1), "the bound of the case is 10 ms; a busy machine gets more");
        }
    }

    [Fact]
    public void T20_The_longest_token_that_can_be_written_is_accepted_and_the_bounds_are_tight()
    {
        var far = DateTimeOffset.FromUnixTimeSeconds(249_999_990_000);
        var name = new string('n', TokenRealm.MaxLength);
        var longest = new TokenClaims(
            name, name, TokenId.FromBytes(new byte[16]), RequestId.FromBytes(new byte[16]), World.Hash("d"), new PrincipalId(new string('p', PrincipalId.MaxLength)),
            new PolicyRevision(PolicyRevision.MaxNumber, World.Hash("p")), far, far.AddMinutes(30));
        var shortest = longest with
        {
            Issuer = "i",
            Audience = "a",
            Holder = new PrincipalId("p"),
            Policy = new PolicyRevision(1, World.Hash("p")),
            IssuedAt = DateTimeOffset.UnixEpoch,
            ExpiresAt = DateTimeOffset.UnixEpoch.AddSeconds(1),
        };

        var text = TokenWriter.Write(longest, World.Signer).Text;
        // A key's id may have 64 characters; that of a TokenKey has 43, 28 characters of base64url less.
        (text.Length + 28).Should().BeInRange(TokenVerifier.MaxLength - 50, TokenVerifier.MaxLength);
        TokenWriter.Write(shortest, World.Signer).Text.Length.Should().BeInRange(TokenVerifier.MinLength, TokenVerifier.MinLength + 250);
        new TokenVerifier(new TokenRealm(name, name), new TokenKeyRing([World.Signer.Key()])).Verify(text, far).Should().BeOfType<TokenCheck.Valid>();
    }

    [Fact]
    public void T22_Another_spelling_of_the_same_bytes_is_refused()
    {
        var text = _token.Text;
        string[] spellings =
        [
            " " + text, text + " ", text + "\n", "\n" + text, text + "\r\n", "\uFEFF" + text, text + "\0", "\0" + text, "\t" + text, text + "=",
            $"{_parts[0]}=.{_parts[1]}.{_parts[2]}", $"{_parts[0]}.{_parts[1]}==.{_parts[2]}", text + "==", "Bearer " + text, "\"" + text + "\"",
            text.Replace(".", "%2E", StringComparison.Ordinal), text.Replace('.', '\uFF0E'), text + ".", "." + text, text.Replace(".", "..", StringComparison.Ordinal),
            text.ToUpperInvariant(), text.ToLowerInvariant(), Uri.HexEscape(text[0]) + text[1..], text.Insert(10, "\n"), text.Insert(10, " "),
        ];

        spellings.Should().OnlyContain(s => Verify(s) is TokenCheck.Refused);
        WithStandardAlphabet().Should().NotContainAny("-", "_");
        Verify(WithStandardAlphabet()).Should().BeOfType<TokenCheck.Refused>();
        Fault("").Should().Be(TokenFault.Missing);
        _world.Verifier.Verify(null, _world.Now).Should().Be(new TokenCheck.Refused(TokenFault.Missing));
    }

    [Fact]
    public void T24_Numbers_out_of_range_are_no_signature()
    {
        var (r, s) = Numbers();
        (BigInteger, BigInteger)[] wrong =
        [
            (0, 0), (0, s), (r, 0), (s_order, s), (r, s_order), (s_order + 1, s), (BigInteger.Pow(2, 256) - 1, s), (r, BigInteger.Pow(2, 256) - 1), (r + s_order, s),
        ];

        foreach (var (x, y) in wrong.Where(p => p.Item1 < BigInteger.Pow(2, 256)))
        {
            Fault(WithSignature(x, y)).Should().Be(TokenFault.SignatureForm);
        }

        Fault(WithSignature(1, 1)).Should().Be(TokenFault.Signature);
        Fault(WithSignature(s_order - 1, s_order / 2)).Should().Be(TokenFault.Signature);
        Fault(WithSignature(r, (s_order / 2) + 1)).Should().Be(TokenFault.SignatureForm);
    }

    [Fact]
    public void T24_The_other_signature_that_mathematics_allows_is_refused()
    {
        var (r, s) = Numbers();
        var other = WithSignature(r, s_order - s);
        var input = Encoding.ASCII.GetBytes(_token.Text[.._token.Text.LastIndexOf('.')]);
        using var key = ECDsa.Create(World.Signer.Public);

        key.VerifyData(input, Decode(other.Split('.')[2]), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
            .Should().BeTrue("it verifies by itself: that is the danger");
        Fault(other).Should().Be(TokenFault.SignatureForm);
    }

    [Fact]
    public void T24_The_writer_signs_low_whatever_the_key_gives()
    {
        for (var i = 0; i < 40; i++)
        {
            var text = TokenWriter.Write(_token.Claims, World.Signer).Text;
            Number(Decode(text.Split('.')[2])[32..]).Should().BeLessThanOrEqualTo(s_order / 2);
            Verify(text).Should().BeOfType<TokenCheck.Valid>();
        }
    }

    [Fact]
    public void A15_A_key_of_another_purpose_has_another_id_and_a_wrong_curve_no_place_in_a_ring()
    {
        var point = World.Signer.Public.Q;
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var wrongCurve = () => TokenKey.FromSubjectPublicKeyInfo(other.ExportSubjectPublicKeyInfo(), DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
        var trailing = () => TokenKey.FromSubjectPublicKeyInfo([.. World.Signer.SubjectPublicKeyInfo, 0], DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
        var twice = () => new TokenKeyRing([World.Signer.Key(), World.Signer.Key()]);
        var empty = () => new TokenKeyRing([]);

        World.Signer.KeyId.Should().NotBe(Encode(SHA256.HashData([.. point.X!, .. point.Y!])));
        wrongCurve.Should().Throw<CryptographicException>();
        trailing.Should().Throw<CryptographicException>();
        twice.Should().Throw<ArgumentException>();
        empty.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A15_What_a_checkpoint_key_would_sign_is_no_token()
    {
        // A checkpoint is a note of several lines; base64url and a dot have no line feed, so no text is both.
        const string Note = "mcpactors.example/audit\n12345\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        var signature = World.Signer.Sign(Encoding.ASCII.GetBytes(Note));

        Verify($"{Note}.{Encode(signature)}").Should().BeOfType<TokenCheck.Refused>();
        Verify(Note.PadRight(TokenVerifier.MinLength)).Should().BeOfType<TokenCheck.Refused>();
    }

    [Fact]
    public void A_writer_refuses_claims_that_no_verifier_accepts()
    {
        var late = () => TokenWriter.Write(_token.Claims with { ExpiresAt = _token.Claims.IssuedAt }, World.Signer);
        var uneven = () => TokenWriter.Write(_token.Claims with { IssuedAt = _token.Claims.IssuedAt.AddTicks(1) }, World.Signer);
        var quoted = () => TokenWriter.Write(_token.Claims with { Issuer = "a\"b" }, World.Signer);

        late.Should().Throw<ArgumentException>();
        uneven.Should().Throw<ArgumentException>();
        quoted.Should().Throw<ArgumentException>();
    }

    private TokenCheck Verify(string text) => _world.Verifier.Verify(text, _world.Now);

    private TokenFault Fault(string text) => Verify(text).Should().BeOfType<TokenCheck.Refused>().Which.Fault;

    private static string Kid(string header, string? id = null) => header.Replace("KID", id ?? World.Signer.KeyId, StringComparison.Ordinal);

    private static string Sign(string payload, string header = GoodHeader, TestSigner? signer = null, string? keyId = null)
    {
        var input = $"{Encode(Kid(header, keyId))}.{Encode(payload)}";
        var signature = (signer ?? World.Signer).Sign(Encoding.ASCII.GetBytes(input));
        var s = Number(signature[32..]);
        return $"{input}.{Encode([.. signature[..32], .. Bytes(s > s_order / 2 ? s_order - s : s)])}";
    }

    private (BigInteger R, BigInteger S) Numbers()
    {
        var signature = Decode(_parts[2]);
        return (Number(signature[..32]), Number(signature[32..]));
    }

    private string WithSignature(BigInteger r, BigInteger s) => $"{_parts[0]}.{_parts[1]}.{Encode([.. Bytes(r), .. Bytes(s)])}";

    private string WithStandardAlphabet()
    {
        // Signing draws randomness; sooner or later a signature has one of the two characters that differ.
        var text = _token.Text;
        while (!text.Contains('-', StringComparison.Ordinal) && !text.Contains('_', StringComparison.Ordinal))
        {
            text = TokenWriter.Write(_token.Claims, World.Signer).Text;
        }

        Verify(text).Should().BeOfType<TokenCheck.Valid>();
        return text.Replace('-', '+').Replace('_', '/');
    }

    private static BigInteger Number(byte[] bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static byte[] Bytes(BigInteger number)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }

    private static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static byte[] Decode(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);
}
