using System.Text;
using System.Text.Json.Nodes;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using McpActors.Core.Audit;
using Xunit;

namespace McpActors.Core.Tests.Audit;

public sealed class AuditLeafTests
{
    private static readonly SecretHasher Hasher = new(new byte[32]);

    private static readonly AuditRecord Full = new(2, 1_800_000_000_000_001, MerkleTree.LeafHash("x"u8), new AuditEntry("operation.finished", AuditOutcome.Failed, new AuditActor(AuditActorKind.Human, "alice"), "node-1")
    {
        Request = "4f",
        Operation = "update",
        Target = new AuditTarget("server", "files\n", "u1"),
        Parameters = Hasher.Parameters(JsonNode.Parse("""{"to":"1.2.4","n":[1,null,true]}""")).Parameters,
        Digest = "ab",
        Reason = "why \u001b[31m",
        Approvals = [new AuditApproval("bob", 5, true, Reason: "ok"), new AuditApproval("alice", 6, false, SelfApproved: true)],
        TokenId = "jti-1",
        Error = new AuditError("timeout", "no answer"),
        Duration = 1_500_000,
        Rollback = new AuditRollback(AuditRollbackState.Done, "backup-7"),
        PolicyRevision = 3,
    });

    // Golden: these bytes are in journals and under signatures. A change of them is another version.
    [Fact]
    public void The_bytes_of_a_record_never_change()
    {
        Encoding.UTF8.GetString(AuditLeaf.Encode(Full).Utf8.Span).Should().Be(
            """{"actor":{"id":"alice","kind":"human"},"approvals":[{"approver":"bob","granted":true,"reason":"ok","time":5},{"approver":"alice","granted":false,"self_approved":true,"time":6}],"digest":"ab","duration":1500000,"error":{"code":"timeout","message":"no answer"},"event":"operation.finished","node":"node-1","operation":"update","outcome":"failed","parameters":{"n":[1,null,true],"to":"1.2.4"},"policy":3,"prev":"3c7e9bc930dc93f01fa69985ef242d9f9e861f3c5355aa24ce5ef4b4b8a70ccb","reason":"why \u001b[31m","request":"4f","rollback":{"reference":"backup-7","state":"done"},"schema":"mcpactors/audit-record/v1","seq":2,"target":{"id":"files\n","kind":"server","uid":"u1"},"time":1800000000000001,"token":"jti-1"}""");

        var least = new AuditRecord(1, 0, null, new AuditEntry("node.started", AuditOutcome.Observed, new AuditActor(AuditActorKind.System, "node-1"), "node-1"));
        Encoding.UTF8.GetString(AuditLeaf.Encode(least).Utf8.Span).Should().Be(
            """{"actor":{"id":"node-1","kind":"system"},"event":"node.started","node":"node-1","outcome":"observed","schema":"mcpactors/audit-record/v1","seq":1,"time":0}""");
    }

    [Fact]
    public void A_record_is_read_back_as_it_was()
    {
        AuditLeaf.Decode(AuditLeaf.Encode(Full).Utf8.Span).Should().Be(Full);
        foreach (var row in SampleLog.Of(40).Rows)
        {
            var record = AuditLeaf.Decode(row.Payload!.Value.Span)!;
            AuditLeaf.Encode(record).Utf8.ToArray().Should().Equal(row.Payload.Value.ToArray());
            ProjectionRow.Of(record).Should().Be(row.Projection);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"text\"")]
    public void What_is_no_record_is_not_read(string payload) => AuditLeaf.Decode(Encoding.UTF8.GetBytes(payload)).Should().BeNull();

    [Theory]
    [InlineData("\"seq\":2", "\"seq\":2.0")]
    [InlineData("\"seq\":2", "\"seq\":\"2\"")]
    [InlineData("\"seq\":2", "\"seq\":1")]
    [InlineData("\"seq\":2", "\"seq\":2,\"seq\":2")]
    [InlineData("\"seq\":2", "\"seq\": 2")]
    [InlineData("\"seq\":2", "\"seq\":2,\"serial\":9")]
    [InlineData("audit-record/v1", "audit-record/v2")]
    [InlineData("\"outcome\":\"failed\"", "\"outcome\":\"Failed\"")]
    [InlineData("\"kind\":\"human\"", "\"kind\":\"robot\"")]
    [InlineData("\"state\":\"done\"", "\"state\":\"gone\"")]
    [InlineData("\"prev\":\"3c7", "\"prev\":\"3C7")]
    [InlineData("\"actor\":{", "\"actor\":null,\"x\":{")]
    [InlineData("\"granted\":true", "\"granted\":1")]
    [InlineData("\"granted\":true,", "")]
    [InlineData("\"seq\":2,", "")]
    [InlineData("\"time\":1800000000000001,", "")]
    [InlineData("\"kind\":\"server\",", "")]
    [InlineData("\"code\":\"timeout\",", "")]
    [InlineData("\"approver\":\"bob\",", "")]
    [InlineData("[{\"approver\":\"bob\"", "[null,{\"approver\":\"bob\"")]
    [InlineData("\"error\":{", "\"error\":[],\"x\":{")]
    [InlineData("\"digest\":\"ab\"", "\"digest\":null")]
    [InlineData("\"digest\":\"ab\"", "\"digest\":7")]
    [InlineData("\"time\":1800000000000001", "\"time\":1.8e300")]
    public void Another_spelling_of_a_record_is_not_read(string old, string other)
    {
        var text = Encoding.UTF8.GetString(AuditLeaf.Encode(Full).Utf8.Span);
        text.Should().Contain(old);

        AuditLeaf.Decode(Encoding.UTF8.GetBytes(text.Replace(old, other, StringComparison.Ordinal))).Should().BeNull();
    }

    [Fact]
    public void A_record_that_no_caller_may_make_is_an_error()
    {
        AuditRecord[] wrong =
        [
            Full with { Sequence = 0 }, Full with { Sequence = 1L << 53 }, Full with { Previous = null }, Full with { Sequence = 1 },
            Full with { Time = -1 }, Full with { Time = 1L << 53 }, Full with { Entry = Full.Entry with { Event = "" } },
            Full with { Entry = Full.Entry with { Event = "Two words" } }, Full with { Entry = Full.Entry with { Event = new string('a', 65) } },
            Full with { Entry = Full.Entry with { Duration = -1 } }, Full with { Entry = Full.Entry with { PolicyRevision = -1 } },
            Full with { Entry = Full.Entry with { Outcome = (AuditOutcome)99 } },
            Full with { Entry = Full.Entry with { Approvals = [.. Enumerable.Repeat(new AuditApproval("a", 1, true), 65)] } },
            Full with { Entry = Full.Entry with { Approvals = [new AuditApproval("a", -1, true)] } },
        ];
        foreach (var record in wrong)
        {
            FluentActions.Invoking(() => AuditLeaf.Encode(record)).Should().Throw<ArgumentException>();
        }

        AuditLeaf.Encode(Full with { Entry = Full.Entry with { Approvals = default } }).Ok.Should().BeTrue();
    }

    [Fact]
    public void A_strangers_text_without_a_canonical_form_is_a_fault_and_appends_nothing()
    {
        var entry = Full.Entry with { Reason = "a\ud800b" };

        AuditLogState.Empty.Append(entry, 1).Should().Be(new AuditAppend(null, CanonicalJsonFault.LoneSurrogate));
        AuditLogState.Empty.Append(entry with { Reason = AuditText.WellFormed(entry.Reason!) }, 1).Appended!.Record.Entry.Reason.Should().Be("a\ufffdb");
        AuditLogState.Empty.Append(entry with { Reason = new string('x', AuditLeaf.MaxBytes) }, 1).Fault.Should().Be(CanonicalJsonFault.TooLarge);
        AuditLogState.Empty.Append(entry with { Reason = new string('\u0001', 1024 * 1024) }, 1).Fault.Should().BeNull("a mebibyte fits even when all of it is escaped");
    }

    [Fact]
    public void Records_are_numbered_linked_and_never_go_back_in_time()
    {
        var state = AuditLogState.Empty;
        long[] clock = [50, 40, 60, 60, 0];
        var records = clock.Select(now =>
        {
            var appended = state.Append(Full.Entry, now).Appended!;
            state = appended.State;
            return appended;
        }).ToList();

        records.Select(r => r.Record.Sequence).Should().Equal(1, 2, 3, 4, 5);
        records.Select(r => r.Record.Time).Should().Equal(50, 50, 60, 60, 60);
        records.Skip(1).Select(r => r.Record.Previous).Should().Equal(records.SkipLast(1).Select(r => (MerkleHash?)r.Leaf));
        state.Frontier.Root().Should().Be(MerkleTree.Root(records.Select(r => MerkleTree.LeafHash(r.Payload.Span))));

        var replayed = records.Aggregate(AuditLogState.Empty, (s, r) => s.Replay(r.Payload.Span));
        replayed.Should().Be(state);
    }

    [Fact]
    public void A_journal_that_does_not_fit_is_not_replayed()
    {
        var rows = SampleLog.Of(4).Rows;
        var other = SampleLog.Of(4, from: 9).Rows;
        var state = AuditLogState.Empty.Replay(rows[0].Payload!.Value.Span);

        foreach (var wrong in (ReadOnlyMemory<byte>[])[rows[0].Payload!.Value, rows[2].Payload!.Value, other[1].Payload!.Value, "{}"u8.ToArray()])
        {
            FluentActions.Invoking(() => state.Replay(wrong.Span)).Should().Throw<InvalidOperationException>().WithMessage("*record 2*verify*");
        }

        state.Replay(rows[1].Payload!.Value.Span).Sequence.Should().Be(2);
    }

    [Fact]
    public void A17_hostile_text_is_raw_in_the_record_and_on_one_line_everywhere_else()
    {
        var hostile = "a\nb\rc\u001b[2J\u202eevil\u2028</script>" + new string('x', 1024 * 1024);
        var entry = new AuditEntry("authorization.requested", AuditOutcome.Refused, new AuditActor(AuditActorKind.Anonymous, hostile), "n")
        {
            Operation = hostile,
            Target = new AuditTarget("server", hostile),
            Reason = hostile,
        };
        var appended = AuditLogState.Empty.Append(entry, 1).Appended!;

        AuditLeaf.Decode(appended.Payload.Span)!.Entry.Reason.Should().Be(hostile, "the record keeps every byte");
        var row = ProjectionRow.Of(appended.Record);
        foreach (var shown in (string[])[row.Actor, row.Operation!, row.Target!, AuditText.OneLine(hostile)])
        {
            shown.Should().StartWith(@"a\nb\rc\u{1b}[2J\u{202e}evil\u{2028}\u{3c}/script>xxx").And.EndWith($"…[{hostile.Length} characters]");
            shown.Length.Should().BeLessThanOrEqualTo(ProjectionRow.MaxText);
            shown.Should().MatchRegex("^[ -~…]*$");
        }
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("plain text, 5 < 6 & <3", "plain text, 5 < 6 & <3")]
    [InlineData("<b>", @"\u{3c}b>")]
    [InlineData("<!--", @"\u{3c}!--")]
    [InlineData("<?x", @"\u{3c}?x")]
    [InlineData("\t", @"\t")]
    [InlineData(@"a\nb", @"a\\nb")]
    [InlineData("é ü 漢字 😀", "é ü 漢字 😀")]
    [InlineData("\u0000\u007f\u009b", @"\u{0}\u{7f}\u{9b}")]
    [InlineData("\u200b\u200e\u2066\ufeff\u00ad", @"\u{200b}\u{200e}\u{2066}\u{feff}\u{ad}")]
    [InlineData("a\u00a0b\u3000c\u2800d\u3164e", @"a\u{a0}b\u{3000}c\u{2800}d\u{3164}e")]
    [InlineData("x\ufe0f\U000e0041\ue000\uffff", @"x\u{fe0f}\u{e0041}\u{e000}\u{ffff}")]
    public void A17_what_is_shown_is_escaped_where_it_must_be(string? text, string shown) => AuditText.OneLine(text).Should().Be(shown);

    [Fact]
    public void A17_half_a_surrogate_pair_is_shown_as_its_number()
    {
        AuditText.OneLine("a\ud800b\udc00").Should().Be(@"a\u{d800}b\u{dc00}");
        AuditText.WellFormed("a\ud83d\ude00b").Should().Be("a😀b");
        AuditText.WellFormed("\udc00\ud800").Should().Be("\ufffd\ufffd");
    }

    [Property(MaxTest = 300)]
    public Property A17_whatever_is_shown_is_one_harmless_line_of_bounded_length() =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<string?>().SelectMany(s => Gen.Choose(0, 300).Select(n => (Text: string.Concat(Enumerable.Repeat(s + "\u202e\n<a\\😀", n % 40)), Max: 32 + n))).ToArbitrary(), given =>
        {
            var shown = AuditText.OneLine(given.Text, given.Max);
            return shown.Length <= given.Max && !shown.Any(char.IsControl) && !shown.Contains('\u202e') && !shown.Contains("<a", StringComparison.Ordinal)
                && AuditText.WellFormed(shown) == shown;
        });

    [Fact]
    public void A17_a_text_that_just_fits_is_not_cut()
    {
        AuditText.OneLine(new string('é', 40), 40).Should().Be(new string('é', 40));
        AuditText.OneLine(new string('é', 41), 40).Should().Be(new string('é', 24) + "…[41 characters]");
        FluentActions.Invoking(() => AuditText.OneLine("x", 31)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Every_enumeration_has_a_word_of_its_own_that_reads_back()
    {
        foreach (var outcome in Enum.GetValues<AuditOutcome>())
        {
            AuditWords.TryOutcome(AuditWords.Of(outcome), out var read).Should().BeTrue();
            read.Should().Be(outcome);
        }

        Enum.GetValues<AuditActorKind>().Select(AuditWords.Of).Should().OnlyHaveUniqueItems();
        Enum.GetValues<AuditRollbackState>().Select(AuditWords.Of).Should().OnlyHaveUniqueItems();
        AuditWords.TryOutcome("Succeeded", out _).Should().BeFalse();
        AuditWords.TryOutcome(null, out _).Should().BeFalse();
    }
}
