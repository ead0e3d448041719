using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FluentAssertions;
using McpActors.Core.Audit;
using Xunit;

namespace McpActors.Core.Tests.Audit;

public sealed class SecretHasherTests
{
    private const string Secret = "Zq4-plain-but-known-8w";
    private const string Unknown = "correct horse battery";

    private static readonly byte[] Key = SHA256.HashData("one installation"u8);
    private static readonly byte[] OtherKey = SHA256.HashData("another"u8);
    private static readonly SecretHasher Hasher = new(Key, [Secret]);

    [Fact]
    public void A16_one_secret_has_one_hash_wherever_it_stands_and_stands_nowhere()
    {
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes("bob:" + Secret));
        string[] places =
        [
            """{"env":{"FOO":"SECRET"}}""",
            """{"env":["FOO=SECRET"]}""",
            """{"env":[{"name":"FOO","value":"SECRET"}]}""",
            """{"headers":{"X-Whatever":"SECRET"}}""",
            """{"headers":{"Authorization":"Bearer SECRET"}}""",
            """{"headers":["Authorization: Bearer SECRET"]}""",
            """{"args":["--token","SECRET"]}""",
            """{"args":["--token=SECRET"]}""",
            """{"args":["-H","Authorization: Bearer SECRET"]}""",
            """{"args":["x","SECRET"]}""",
            """{"url":"https://bob:SECRET@example.org/x"}""",
            """{"url":"https://example.org/x?key=SECRET&y=1"}""",
            """{"password":"SECRET"}""",
            """{"tokens":["SECRET"]}""",
            """{"a":[[["x",["SECRET"]]]]}""",
            """{"a":{"b":{"c":{"d":"see SECRET there"}}}}""",
            """{"SECRET":1}""",
            """{"note":"base64 ENCODED"}""",
            """ "SECRET" """,
        ];
        foreach (var written in places)
        {
            var place = written.Replace("SECRET", Secret, StringComparison.Ordinal).Replace("ENCODED", encoded, StringComparison.Ordinal);
            var shown = Shown(Hasher, place);
            shown.Should().NotContain(Secret).And.NotContain(encoded);
            if (!place.Contains("base64", StringComparison.Ordinal))
            {
                shown.Should().Contain(Hasher.Hash(Secret), place);
            }

            Shown(new SecretHasher(OtherKey, [Secret]), place).Should().NotContain(Hasher.Hash(Secret)).And.NotContain(Secret);
        }
    }

    [Theory]
    [InlineData("""{"env":{"A":"V"}}""")]
    [InlineData("""{"headers":{"A":"V"}}""")]
    [InlineData("""{"before":{"httpHeaders":{"A":"V"}}}""")]
    [InlineData("""{"environment":["A=V"]}""")]
    [InlineData("""{"password":"V"}""")]
    [InlineData("""{"apiKey":"V"}""")]
    [InlineData("""{"x":[{"clientSecret":["V"]}]}""")]
    [InlineData("""{"x":[{"name":"API_KEY","value":"V"}]}""")]
    [InlineData("""{"args":["--password","V"]}""")]
    [InlineData("""{"args":[null,{"a":1},"--password","V",["x"]]}""")]
    [InlineData("""{"args":["--api-key=V"]}""")]
    [InlineData("""{"headers":{"Authorization":"Basic V"}}""")]
    public void A16_a_secret_that_nobody_told_is_known_by_the_name_beside_it(string place)
    {
        var shown = Shown(Hasher, place.Replace("V", Unknown, StringComparison.Ordinal));

        shown.Should().NotContain(Unknown).And.Contain(Hasher.Hash(Unknown));
    }

    [Theory]
    [InlineData("https://bob:V@example.org/x")]
    [InlineData("postgres://bob:V@db/x?sslmode=require")]
    [InlineData("https://example.org/x?token=V")]
    public void A16_a_password_in_a_URL_has_the_hash_of_the_password(string url)
    {
        foreach (var (written, secret) in ((string, string)[])[("hunter2hunter", "hunter2hunter"), ("p%40ss%2Fword1", "p@ss/word1")])
        {
            Shown(Hasher, new JsonObject { ["url"] = url.Replace("V", written, StringComparison.Ordinal) }.ToJsonString())
                .Should().NotContain(written).And.Contain(Hasher.Hash(secret));
        }
    }

    [Theory]
    [InlineData("12345678", "12345678")]
    [InlineData("1.5", "1.5")]
    [InlineData("true", "true")]
    [InlineData("\"\"", "")]
    public void A16_any_type_of_JSON_is_hashed(string value, string text)
    {
        Shown(Hasher, $$"""{"token":{{value}}}""").Should().Be($$"""{"token":"{{Hasher.Hash(text)}}"}""");
        if (value is not "true" and not "\"\"")
        {
            // After a flag, "true" and nothing are a switch.
            Shown(Hasher, $$"""{"args":["--token",{{value}}]}""").Should().NotContain("--token\"," + value + "]");
        }
    }

    [Fact]
    public void A16_an_object_under_a_secret_name_is_hashed_whole_in_canonical_form()
    {
        const string Whole = """{"a":[2],"b":1}""";

        Shown(Hasher, """{"args":["--token",{"b":1,"a":[2]},{"c":3}],"token":{"b":1,"a":[2]}}""")
            .Should().Be($$"""{"args":["--token","{{Hasher.Hash(Whole)}}",{"c":3}],"token":"{{Hasher.Hash(Whole)}}"}""");
    }

    [Fact]
    public void A16_a_known_secret_is_found_as_a_number_too()
    {
        var hasher = new SecretHasher(Key, ["84639217"]);

        Shown(hasher, """{"pin":84639217,"n":[84639217,1],"m":[{"x":84639217}]}""")
            .Should().Be($$"""{"m":[{"x":"{{hasher.Hash("84639217")}}"}],"n":["{{hasher.Hash("84639217")}}",1],"pin":"{{hasher.Hash("84639217")}}"}""");
    }

    [Fact]
    public void A16_every_element_below_a_secret_name_or_a_container_is_hashed_and_null_is_none()
    {
        var shown = Shown(Hasher, """{"tokens":["one-secret",2,null,["three"],{"four":"five"}],"env":{"A":1,"B":null,"C":["six"],"D":{"E":"seven"},"name":"eight","value":"nine"}}""");

        shown.Should().NotContainAny("one-secret", "three", "four", "five", "six", "seven", "eight", "nine", "\"A\":1", ",2,");
        shown.Should().Contain("\"B\":null").And.Contain("\"D\":{\"E\":\"hmac-sha256:");
        Regex.Count(shown, "hmac-sha256:[0-9a-f]{64}").Should().Be(9);
    }

    [Fact]
    public void A16_two_installations_and_two_secrets_have_different_hashes()
    {
        Hasher.Hash("a").Should().MatchRegex("^hmac-sha256:[0-9a-f]{64}$").And.Be(new SecretHasher(Key).Hash("a"));
        Hasher.Hash("a").Should().NotBe(Hasher.Hash("b"));
        Hasher.Hash("a").Should().NotBe(new SecretHasher(OtherKey).Hash("a"));
        Hasher.Hash("a").Should().NotContain(Convert.ToHexStringLower(HMACSHA256.HashData(Key, "a"u8)), "the hash has a domain of its own");
        FluentActions.Invoking(() => new SecretHasher(new byte[31])).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void What_is_no_secret_stays_readable()
    {
        const string Plain = """{"args":["-y","@scope/server@1.2.4","--port","8080"],"force":true,"graceSeconds":30,"max_tokens":4096,"to":"1.2.4","url":"https://example.org/mcp"}""";

        Shown(Hasher, Plain).Should().Be(Plain);
    }

    [Fact]
    public void Overlapping_and_nested_secrets_leave_nothing()
    {
        var hasher = new SecretHasher(Key, ["abcdefgh", "efghijkl", "cdef"]);

        hasher.Text("x abcdefghijkl y").Should().Be($"x {hasher.Hash("abcdefghijkl")} y");
        hasher.Text("x abcdefgh efghijkl y").Should().Be($"x {hasher.Hash("abcdefgh")} {hasher.Hash("efghijkl")} y");
        hasher.Text("abcdefghabcdefgh").Should().Be(hasher.Hash("abcdefgh") + hasher.Hash("abcdefgh"));
    }

    [Fact]
    public void Two_forms_of_one_secret_as_names_do_not_collide()
    {
        var hasher = new SecretHasher(Key, ["p@ss/word"]);

        var shown = Shown(hasher, """{"x":{"p@ss/word":1,"p%40ss%2Fword":2}}""");

        shown.Should().NotContain("ss");
        shown.Should().MatchRegex("^\\{\"x\":\"hmac-sha256:[0-9a-f]{64}\"\\}$");
    }

    [Theory]
    [InlineData("""{"n":9007199254740993}""", CanonicalJsonFault.Inexact)]
    [InlineData("""{"a":"\ud800"}""", CanonicalJsonFault.LoneSurrogate)]
    [InlineData("""{"a":1,"a":2}""", CanonicalJsonFault.DuplicateName)]
    public void Parameters_without_a_canonical_form_are_a_fault(string json, CanonicalJsonFault fault) =>
        Hasher.Parameters(JsonNode.Parse(json)).Should().Be(new AuditParametersResult(null, fault));

    [Fact]
    public void Deep_parameters_are_a_fault_and_the_deepest_allowed_ones_fit_into_a_record()
    {
        Hasher.Parameters(JsonNode.Parse(new string('[', 64) + new string(']', 64))).Parameters.Should().NotBeNull();
        var deepest = Hasher.Parameters(JsonNode.Parse(new string('[', 63) + "\"x\"" + new string(']', 63))).Parameters;
        Hasher.Parameters(JsonNode.Parse(new string('[', 64) + "1" + new string(']', 64))).Fault.Should().BeNull();

        var appended = AuditLogState.Empty.Append(SampleLog.Entry(0) with { Parameters = deepest }, 1).Appended!;

        AuditLeaf.Decode(appended.Payload.Span)!.Entry.Parameters.Should().Be(deepest);
        AuditLogState.Empty.Replay(appended.Payload.Span).Sequence.Should().Be(1);
    }

    [Fact]
    public void A16_an_entry_is_protected_in_every_text()
    {
        var text = $"used {Secret} here";
        var entry = Hasher.Protect(new AuditEntry("x", AuditOutcome.Failed, new AuditActor(AuditActorKind.Anonymous, text), "n")
        {
            Operation = text,
            Target = new AuditTarget(text, text),
            Reason = text + " and https://u:hunter2hunter@h/",
            Error = new AuditError("code", text),
            Rollback = new AuditRollback(AuditRollbackState.Failed, text),
            Approvals = [new AuditApproval("bob", 1, true, Reason: text)],
        });

        var stored = AuditLogState.Empty.Append(entry, 1).Appended!;
        var payload = Encoding.UTF8.GetString(stored.Payload.Span);
        payload.Should().NotContain(Secret).And.NotContain("hunter2");
        Regex.Count(payload, Regex.Escape(Hasher.Hash(Secret))).Should().Be(8);
    }

    [Fact]
    public void The_same_key_can_know_other_secrets()
    {
        var other = Hasher.Knowing(["another-one-1"]);

        other.Text($"{Secret} another-one-1").Should().Be($"{Secret} {Hasher.Hash("another-one-1")}");
        other.Hash("a").Should().Be(Hasher.Hash("a"));
    }

    private static string Shown(SecretHasher hasher, string json) => hasher.Parameters(JsonNode.Parse(json)).Parameters!.ToString();
}
