using FluentAssertions;
using McpActors.Core.Audit;
using Xunit;

namespace McpActors.Core.Tests.Audit;

/// <summary>Checkpoints, the end of the log, the searchable rows, and single records.</summary>
public sealed class LogVerifierTests : TamperedLog
{
    [Fact]
    public void An_untouched_log_is_intact_in_every_check()
    {
        foreach (var check in Enum.GetValues<LogCheck>())
        {
            var verdict = LogVerifier.Verify(check, Log.Rows, Anchors);

            verdict.First.Should().BeNull();
            verdict.Status.Should().Be(LogStatus.Intact);
            (verdict.Size, verdict.TrustedThrough, verdict.NewestCheckpoint, verdict.Unanchored).Should().Be((Size, Size, Size, 0));
            verdict.Root.Should().Be(Log.States[Size].Frontier.Root());
        }
    }

    [Fact]
    public void Records_behind_the_newest_checkpoint_are_counted_as_unanchored()
    {
        var verdict = LogVerifier.Verify(LogCheck.Full, Log.Rows, [Log.Anchor(190)]);

        verdict.Status.Should().Be(LogStatus.Intact);
        (verdict.TrustedThrough, verdict.Unanchored).Should().Be((190, 10));
    }

    [Fact]
    public void Without_a_checkpoint_nothing_is_proven()
    {
        LogVerifier.Verify(LogCheck.Full, Log.Rows, []).Status.Should().Be(LogStatus.Unproven);
        LogVerifier.Verify(LogCheck.Full, [], []).Status.Should().Be(LogStatus.Unproven);
    }

    [Fact]
    public void A05_the_last_records_deleted_are_told_against_the_newest_checkpoint()
    {
        for (var n = 1; n <= 50; n++)
        {
            var rows = Log.Rows.SkipLast(n).ToList();
            var outside = Log.Anchors(Every);

            foreach (var check in Enum.GetValues<LogCheck>())
            {
                var truncated = LogVerifier.Verify(check, rows, Anchors).First!;
                (truncated.Kind, truncated.Sequence, truncated.Last).Should().Be((LogFaultKind.Truncate, Size - n + 1, Size));

                var older = LogVerifier.Verify(check, rows, outside).First!;
                (older.Kind, older.Sequence, older.Last).Should().Be((LogFaultKind.Rollback, Size - n + 1, Size), "nothing in the database knows of more");
            }

            List<StoredRecord> leftovers = [.. rows, .. Log.Rows.TakeLast(n).Select(row => row with { Payload = null, Leaf = null })];
            LogVerifier.Verify(LogCheck.Full, leftovers, outside).First.Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Truncate && f.Sequence == Size - n + 1);
            LogVerifier.Verify(LogCheck.Full, leftovers, []).First.Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Truncate && f.Sequence == Size - n + 1);
        }
    }

    [Fact]
    public void A06_payload_and_leaf_hash_edited_together_are_an_edit_of_that_record()
    {
        var tried = 0;
        ForEachPlace((k, before) =>
        {
            var payload = Log.Rows[k - 1].Payload!.Value.ToArray();
            for (var i = 0; i < payload.Length; i++)
            {
                payload[i] ^= 1;
                var finding = Continue(before, SampleLog.Edited(Log.Rows[k - 1], payload, leafToo: true), k);
                payload[i] ^= 1;

                // The newest record has no successor: the checkpoints enclose it.
                ThrowUnless(finding is { Kind: LogFaultKind.Edit } && (k < Size ? finding.Sequence == k : finding.Sequence <= k && finding.Last == k), k, i, finding);
                tried++;
            }
        });

        tried.Should().BeGreaterThan(90_000);
    }

    [Fact]
    public void A06_an_edited_leaf_hash_alone_is_an_edit()
    {
        foreach (var k in AllPlaces)
        {
            Named(Replaced(k, Log.Rows[k - 1] with { Leaf = MerkleTree.LeafHash([1]) })).Should().Be((LogFaultKind.Edit, k));
            Named(Replaced(k, Log.Rows[k - 1] with { Leaf = null })).Should().Be((LogFaultKind.Edit, k));

            var quick = LogVerifier.Verify(LogCheck.Quick, Replaced(k, Log.Rows[k - 1] with { Leaf = MerkleTree.LeafHash([1]) }), Anchors);
            var (from, to) = Enclosed(k);
            quick.First.Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Edit && f.Sequence == from && f.Last == to);
        }
    }

    [Fact]
    public void A07_a_log_rewritten_from_a_record_on_is_enclosed_by_two_checkpoints()
    {
        foreach (var k in AllPlaces)
        {
            var verdict = Verdict(Rewritten(k));

            var (from, to) = Enclosed(k);
            verdict.First.Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Edit && f.Sequence == from && f.Last == to);
            verdict.TrustedThrough.Should().Be(from - 1);
        }
    }

    [Fact]
    public void A07_with_a_checkpoint_after_every_record_the_first_rewritten_one_is_named()
    {
        var anchors = Log.Anchors(1);
        foreach (var k in AllPlaces)
        {
            LogVerifier.Verify(LogCheck.Full, Rewritten(k), anchors).First.Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Edit && f.Sequence == k && f.Last == k);
        }
    }

    [Fact]
    public void A08_one_checkpoint_that_survives_anywhere_convicts_the_rewritten_log()
    {
        foreach (var k in AllPlaces)
        {
            foreach (var kept in (int[])[k, Size])
            {
                LogVerifier.Verify(LogCheck.Full, Rewritten(k), [Log.Anchor(kept)]).First
                    .Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Edit && f.Sequence == 1 && f.Last == kept);
            }

            LogVerifier.Verify(LogCheck.Full, Rewritten(k), []).Status.Should().Be(LogStatus.Unproven, "with every checkpoint gone nothing is proven");
        }
    }

    [Fact]
    public void A09_every_edited_column_is_a_projection_fault_of_that_record()
    {
        ForEachPlace((k, before) =>
        {
            var row = Log.Rows[k - 1].Projection!;
            ProjectionRow?[] forged =
            [
                row with { Actor = "mallory" }, row with { ActorKind = "system" }, row with { Operation = "stop" }, row with { Operation = null },
                row with { Target = "other" }, row with { TargetKind = null }, row with { Time = row.Time + 1 }, row with { Event = "x" },
                row with { Outcome = "denied" }, row with { Request = "req-0" }, row with { Node = "node-2" }, row with { Sequence = k + 1 }, null,
            ];
            foreach (var column in forged)
            {
                var finding = Continue(before, Log.Rows[k - 1] with { Projection = column }, k, rowsAfter: 3);
                ThrowUnless(finding is { Kind: LogFaultKind.Projection } && finding.Sequence == k && finding.Last == k, k, 0, finding);
            }

            Named(Replaced(k, Log.Rows[k - 1] with { Projection = row with { Actor = "mallory" } })).Should().Be((LogFaultKind.Projection, k));
        });
    }

    [Fact]
    public void A09_a_searchable_row_that_is_not_written_yet_is_no_fault()
    {
        var rows = Log.Rows.Select(row => row.Sequence > 180 ? row with { Projection = null } : row).ToList();

        LogVerifier.Verify(LogCheck.Full, rows, Anchors, projectedThrough: 180).Status.Should().Be(LogStatus.Intact);
        Named(rows).Should().Be((LogFaultKind.Projection, 181));
    }

    [Fact]
    public void A10_times_that_are_out_of_order_are_found_wherever_they_stand()
    {
        foreach (var k in AllPlaces.SkipLast(1))
        {
            var (one, two) = (Log.Rows[k - 1], Log.Rows[k]);
            var columns = Log.Rows.ToList();
            columns[k - 1] = one with { Projection = one.Projection! with { Time = two.Projection!.Time } };
            columns[k] = two with { Projection = two.Projection! with { Time = one.Projection!.Time } };
            Named(columns).Should().Be((LogFaultKind.Projection, k));

            var record = AuditLeaf.Decode(one.Payload!.Value.Span)!;
            var later = AuditLeaf.Encode(record with { Time = two.Projection!.Time + 1 }).Utf8.ToArray();
            Named(Replaced(k, SampleLog.Edited(one, later, leafToo: true))).Should().Be((LogFaultKind.Edit, k));
            if (k > 1)
            {
                var earlier = AuditLeaf.Encode(record with { Time = record.Time - 300_000 }).Utf8.ToArray();
                Named(Replaced(k, SampleLog.Edited(one, earlier, leafToo: true))).Should().Be((LogFaultKind.Edit, k));
            }
        }
    }

    [Fact]
    public void A21_an_empty_database_is_behind_every_checkpoint()
    {
        LogVerifier.Verify(LogCheck.Full, [], Log.Anchors(Every)).First.Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Rollback && f.Sequence == 1 && f.Last == Size);
        LogVerifier.Verify(LogCheck.Full, [], Anchors).First.Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Truncate && f.Sequence == 1 && f.Last == Size);
    }

    [Fact]
    public void A21_the_check_at_start_needs_the_recovered_state_alone()
    {
        Start(Log.States[Size]).Status.Should().Be(LogStatus.Intact);
        Start(Log.States[Size - 1]).First!.Kind.Should().Be(LogFaultKind.Truncate);
        Start(AuditLogState.Empty).First!.Sequence.Should().Be(1);
        Start(SampleLog.Of(Size, from: 1).States[Size]).First!.Kind.Should().Be(LogFaultKind.Edit);

        static LogVerdict Start(AuditLogState state) => new LogVerifier(LogCheck.Full, Anchors, from: state).Finish();
    }

    [Fact]
    public void An_old_copy_put_back_and_written_on_is_a_fork_where_the_two_part()
    {
        foreach (var k in AllPlaces.Where(n => n <= 190))
        {
            // The node signed both: the old records after k, then new ones.
            var state = Log.States[k];
            var rows = Log.Rows.Take(k).ToList();
            for (var i = k; i < Size + 3; i++)
            {
                var appended = state.Append(SampleLog.Entry(i + 1), 1_900_000_000_000_000 + i).Appended!;
                state = appended.State;
                rows.Add(Row(appended));
            }

            var newest = new AnchoredCheckpoint(Checkpoint.Of(SampleLog.Origin, state.Frontier), "database", true);

            var (from, to) = Enclosed(k + 1);
            LogVerifier.Verify(LogCheck.Full, rows, [.. Log.Anchors(Every), newest]).First
                .Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Fork && f.Sequence == from && f.Last == to);
        }
    }

    [Fact]
    public void Two_signed_roots_of_one_size_are_a_fork()
    {
        var other = new AnchoredCheckpoint(new Checkpoint(SampleLog.Origin, 100, MerkleTree.LeafHash([9])), "witness", false);
        Verdict(Log.Rows, [.. Anchors, other]).First.Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Fork && f.Last == 100);
        Verdict(Log.Rows, [other, .. Anchors]).First.Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Fork && f.Last == 100);
        Verdict([.. Log.Rows.Take(50)], [.. Anchors, other, Log.Anchor(100)]).First!.Kind.Should().Be(LogFaultKind.Fork);
    }

    [Fact]
    public void The_first_of_two_faults_is_named()
    {
        var rows = Replaced(120, Log.Rows[119] with { Payload = new byte[] { 1 } });
        rows[39] = rows[39] with { Projection = rows[39].Projection! with { Actor = "mallory" } };
        var verdict = Verdict(rows);
        verdict.First!.Kind.Should().Be(LogFaultKind.Projection);
        verdict.First.Sequence.Should().Be(40);
        verdict.Records.Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Edit && f.Sequence == 120, "the fault of the record is told as well");

        rows[39] = Log.Rows[39] with { Payload = new byte[] { 2 }, Projection = null };
        Named(rows).Should().Be((LogFaultKind.Edit, 40));
    }

    [Fact]
    public void A_rewritten_stretch_comes_before_a_later_fault()
    {
        var rows = Rewritten(30);
        rows[149] = rows[149] with { Payload = new byte[] { 1 } };

        var (from, to) = Enclosed(30);
        Verdict(rows).First.Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Edit && f.Sequence == from && f.Last == to);
    }

    [Fact]
    public void A_check_can_go_on_from_a_state()
    {
        for (var k = 0; k <= Size; k += 10)
        {
            var verifier = new LogVerifier(LogCheck.Full, Anchors, from: Log.States[k]);
            Log.Rows.Skip(k).ToList().ForEach(verifier.Add);
            verifier.Finish().Status.Should().Be(LogStatus.Intact);

            if (k < Size - 1)
            {
                var gap = new LogVerifier(LogCheck.Full, Anchors, from: Log.States[k]);
                Log.Rows.Skip(k + 1).ToList().ForEach(gap.Add);
                gap.Finish().First.Should().Match<LogFinding>(f => f.Kind == LogFaultKind.Delete && f.Sequence == k + 1);
            }
        }
    }

    [Fact]
    public void One_record_is_proven_by_its_inclusion_proof()
    {
        var nodes = new MemoryNodes(Log.Rows.Select(row => row.Leaf!.Value));
        var checkpoint = Log.Anchor(150).Checkpoint;
        foreach (var k in AllPlaces.Take(150))
        {
            var row = Log.Rows[k - 1];
            var proof = MerkleProofs.Inclusion(k - 1, 150, nodes);
            LogVerifier.VerifyRecord(row, proof, checkpoint).Should().BeNull();

            var edited = row.Payload!.Value.ToArray();
            edited[k] ^= 1;
            Kind(SampleLog.Edited(row, edited, leafToo: true)).Should().Be(LogFaultKind.Edit);
            Kind(row with { Leaf = default(MerkleHash) }).Should().Be(LogFaultKind.Edit);
            Kind(row with { Payload = null }).Should().Be(LogFaultKind.Delete);
            Kind(row with { Projection = null }).Should().Be(LogFaultKind.Projection);
            Kind(Log.Rows[k] with { Sequence = k }).Should().Be(LogFaultKind.Reorder);

            LogFaultKind? Kind(StoredRecord tampered) => LogVerifier.VerifyRecord(tampered, proof, checkpoint)?.Kind;
        }

        LogVerifier.VerifyRecord(Log.Rows[150], [], checkpoint)!.Kind.Should().Be(LogFaultKind.Edit, "no proof reaches beyond the checkpoint");
    }

    [Fact]
    public void Every_kind_has_a_word_and_every_detail_says_what_to_do()
    {
        Enum.GetValues<LogFaultKind>().Select(AuditWords.Of).Should().Equal("edit", "delete", "insert", "reorder", "truncate", "fork", "rollback", "projection");
        Verdict(Log.Rows.Skip(1).ToList()).First!.Detail.Should().Contain("restore");
        Verdict(Replaced(3, Log.Rows[2] with { Projection = Log.Rows[2].Projection! with { Actor = "x", Node = "y" } })).First!.Detail.Should().Contain("actor, node");
    }
}
