using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using McpActors.Core.Audit;
using Xunit;

namespace McpActors.Core.Tests.Audit;

/// <summary>Edited, deleted, moved and forged records.</summary>
public sealed class TamperedRecordTests : TamperedLog
{
    // Three different bits of every byte of every payload, the stored leaf hash left as it was.
    [Fact]
    public void A01_every_changed_byte_of_every_payload_is_an_edit_of_that_record()
    {
        var tried = 0;
        ForEachPlace((k, before) =>
        {
            var payload = Log.Rows[k - 1].Payload!.Value.ToArray();
            for (var i = 0; i < payload.Length; i++)
            {
                foreach (var bit in (int[])[0, 3, 7])
                {
                    payload[i] ^= (byte)(1 << bit);
                    var finding = Continue(before, SampleLog.Edited(Log.Rows[k - 1], payload, leafToo: false), k);
                    payload[i] ^= (byte)(1 << bit);
                    ThrowUnless(finding is { Kind: LogFaultKind.Edit } && finding.Sequence == k && finding.Last == k, k, i, finding);
                    tried++;
                }
            }
        });

        tried.Should().BeGreaterThan(3 * 90_000);
    }

    [Fact]
    public void A01_a_changed_byte_is_found_by_the_whole_pass_too()
    {
        foreach (var k in AllPlaces)
        {
            var payload = Log.Rows[k - 1].Payload!.Value.ToArray();
            payload[k % payload.Length] ^= 1;

            Named(Replaced(k, SampleLog.Edited(Log.Rows[k - 1], payload, leafToo: false))).Should().Be((LogFaultKind.Edit, k));
        }
    }

    [Fact]
    public void A01_a_longer_and_a_shorter_payload_are_edits()
    {
        foreach (var k in AllPlaces)
        {
            var payload = Log.Rows[k - 1].Payload!.Value.ToArray();

            Named(Replaced(k, SampleLog.Edited(Log.Rows[k - 1], [.. payload, (byte)' '], leafToo: false))).Should().Be((LogFaultKind.Edit, k));
            Named(Replaced(k, SampleLog.Edited(Log.Rows[k - 1], payload[..^1], leafToo: false))).Should().Be((LogFaultKind.Edit, k));
            Named(Replaced(k, SampleLog.Edited(Log.Rows[k - 1], [], leafToo: true))).Should().Be((LogFaultKind.Edit, k));
        }
    }

    [Fact]
    public void A02_every_deleted_record_is_named()
    {
        foreach (var k in AllPlaces.SkipLast(1))
        {
            var rows = Log.Rows.Where(row => row.Sequence != k).ToList();

            Named(rows).Should().Be((LogFaultKind.Delete, k));
            Named(rows, LogCheck.Quick).Should().Be((LogFaultKind.Delete, k));
            Named(SampleLog.Renumbered(rows)).Should().Be((LogFaultKind.Delete, k), "numbers made gapless do not hide it");
        }
    }

    [Fact]
    public void A02_a_deleted_stretch_names_its_first_and_last_record()
    {
        foreach (var k in AllPlaces.SkipLast(5))
        {
            var rows = Log.Rows.Where(row => row.Sequence < k || row.Sequence > k + 3).ToList();

            foreach (var finding in (LogFinding[])[Verdict(rows).First!, Verdict(SampleLog.Renumbered(rows)).First!])
            {
                (finding.Kind, finding.Sequence, finding.Last).Should().Be((LogFaultKind.Delete, k, k + 3));
            }
        }
    }

    [Fact]
    public void A02_a_record_of_which_only_the_hash_and_the_searchable_row_are_left_is_deleted()
    {
        foreach (var k in AllPlaces.SkipLast(1))
        {
            Named(Replaced(k, Log.Rows[k - 1] with { Payload = null })).Should().Be((LogFaultKind.Delete, k));
        }
    }

    [Fact]
    public void A03_every_swap_of_neighbours_is_a_reorder()
    {
        foreach (var k in AllPlaces.SkipLast(1))
        {
            Named(Swapped(k, k + 1)).Should().Be((LogFaultKind.Reorder, k));
            Named(Swapped(k, k + 1, payloadOnly: true)).Should().Be((LogFaultKind.Reorder, k));
        }
    }

    [Fact]
    public void A03_every_swap_with_a_far_record_is_a_reorder()
    {
        foreach (var k in AllPlaces.SkipLast(90))
        {
            Named(Swapped(k, k + 90)).Should().Be((LogFaultKind.Reorder, k));
            Named(Swapped(k, k + 90, payloadOnly: true)).Should().Be((LogFaultKind.Reorder, k));
        }
    }

    [Fact]
    public void A03_every_record_moved_to_the_end_or_to_the_front_is_a_reorder()
    {
        foreach (var k in AllPlaces.SkipLast(1))
        {
            var rest = Log.Rows.Where(row => row.Sequence != k).ToList();

            Named(SampleLog.Renumbered([.. rest, Log.Rows[k - 1]])).Should().Be((LogFaultKind.Reorder, k));
            Named([.. rest, Log.Rows[k - 1] with { Sequence = Size + 1 }]).Should().Be((LogFaultKind.Reorder, k));
        }

        foreach (var k in AllPlaces.Skip(1))
        {
            Named(SampleLog.Renumbered([Log.Rows[k - 1], .. Log.Rows.Where(row => row.Sequence != k)])).Should().Be((LogFaultKind.Reorder, 1));
        }
    }

    [Fact]
    public void A03_rows_that_come_out_of_order_are_a_reorder()
    {
        foreach (var k in AllPlaces.Skip(2))
        {
            List<StoredRecord> rows = [.. Log.Rows.Take(k - 1), Log.Rows[k - 3], .. Log.Rows.Skip(k)];

            Named(rows).Should().Be((LogFaultKind.Reorder, k));
        }
    }

    [Fact]
    public void A04_every_forged_record_between_two_is_an_insert()
    {
        // Between k and k + 1; 0 is before the first.
        foreach (var k in Enumerable.Range(0, Size))
        {
            var forged = Log.Forged(k);
            var broken = SampleLog.Edited(forged, "{}"u8.ToArray(), leafToo: true);
            var foreign = SampleLog.Edited(forged, SampleLog.Of(3, from: 40).Rows[2].Payload!.Value.ToArray(), leafToo: true);

            Named(SampleLog.Renumbered(Inserted(k, forged))).Should().Be((LogFaultKind.Insert, k + 1));
            Named(SampleLog.Renumbered(Inserted(k, forged with { Leaf = null }))).Should().Be((LogFaultKind.Insert, k + 1));
            Named(SampleLog.Renumbered(Inserted(k, broken))).Should().Be((LogFaultKind.Insert, k + 1));
            if (k != 2)
            {
                Verdict(SampleLog.Renumbered(Inserted(k, foreign))).First!.Sequence.Should().Be(k + 1);
            }
        }
    }

    [Fact]
    public void A04_a_second_row_of_the_same_number_is_an_insert()
    {
        foreach (var k in AllPlaces.SkipLast(1))
        {
            Named(Inserted(k, Log.Forged(k - 1))).Should().Be((LogFaultKind.Insert, k));
        }
    }

    [Fact]
    public void A04_a_replayed_copy_of_an_earlier_record_is_an_insert()
    {
        foreach (var k in AllPlaces.Skip(1).SkipLast(1))
        {
            foreach (var back in (int[])[1, 2, 40])
            {
                if (k - back >= 1)
                {
                    Named(SampleLog.Renumbered(Inserted(k, Log.Rows[k - back - 1 + (back == 1 ? 1 : 0)]))).Should().Be((LogFaultKind.Insert, k + 1));
                }
            }
        }
    }

    [Fact]
    public void A04_several_forged_records_that_fit_each_other_are_an_insert_at_the_first()
    {
        foreach (var k in Enumerable.Range(0, Size - 1))
        {
            var first = Log.States[k].Append(SampleLog.Entry(1), 0).Appended!;
            var second = first.State.Append(SampleLog.Entry(2), 0).Appended!;
            List<StoredRecord> rows = [.. Log.Rows.Take(k), Row(first), Row(second), .. Log.Rows.Skip(k)];

            Named(SampleLog.Renumbered(rows)).Should().Be((LogFaultKind.Insert, k + 1));
        }
    }

    [Fact]
    public void A04_a_record_overwritten_by_a_copy_of_another_is_an_edit()
    {
        foreach (var k in AllPlaces.Skip(5).SkipLast(5))
        {
            foreach (var other in (int[])[k - 5, k - 1, k + 1, k + 5])
            {
                Named(Replaced(k, Log.Rows[other - 1] with { Sequence = k })).Should().Be((LogFaultKind.Edit, k), $"{other} stands at {k}");
            }
        }
    }

    // Whatever is combined: with a checkpoint after every record the first row that is not the original is named.
    [Property(MaxTest = 400)]
    public Property The_first_row_that_differs_is_named_whatever_was_combined() =>
        Prop.ForAll(Gen.ListOf(Gen.Choose(0, 9).SelectMany(kind => Gen.Choose(1, Size).Select(k => (Kind: kind, At: k))), 3).ToArbitrary(), operations =>
        {
            var rows = Log.Rows.ToList();
            foreach (var (kind, at) in operations)
            {
                Tamper(rows, kind, Math.Min(at, rows.Count - 2));
            }

            var first = Enumerable.Range(0, Size + 10).First(i => i >= rows.Count || i >= Size
                || rows[i].Sequence != i + 1 || rows[i].Leaf != Log.Rows[i].Leaf || rows[i].Payload is not { } payload
                || !payload.Span.SequenceEqual(Log.Rows[i].Payload!.Value.Span)) + 1;
            var verdict = Verdict(rows, EveryRecord);
            return (first > Size && rows.Count == Size ? verdict.First is null : verdict.First is { } found && found.Sequence == first && verdict.TrustedThrough == Math.Min(first - 1, Size))
                .Label($"{first}: {verdict.First} after {string.Join(", ", operations)}");
        });

    private static void Tamper(List<StoredRecord> rows, int kind, int at)
    {
        var row = rows[at - 1];
        var bytes = row.Payload!.Value.ToArray();
        bytes[at % bytes.Length] ^= 1;
        switch (kind)
        {
            case 0:
                rows[at - 1] = SampleLog.Edited(row, bytes, leafToo: false);
                break;
            case 1:
                rows[at - 1] = SampleLog.Edited(row, bytes, leafToo: true);
                break;
            case 2:
                rows.RemoveAt(at - 1);
                break;
            case 3:
                (rows[at - 1], rows[at]) = (rows[at] with { Sequence = row.Sequence }, row with { Sequence = rows[at].Sequence });
                break;
            case 4:
                Renumber(rows, () => rows.Insert(at, Log.Forged(Math.Min(at, Size - 1))));
                break;
            case 5:
                Renumber(rows, () => rows.RemoveAt(at - 1));
                break;
            case 6:
                Renumber(rows, () => rows.Insert(at, rows[(at * 7) % rows.Count]));
                break;
            case 7:
                Renumber(rows, () => (rows[at - 1], rows[(at * 11) % rows.Count]) = (rows[(at * 11) % rows.Count], rows[at - 1]));
                break;
            case 8:
                rows.RemoveRange(Math.Max(at, rows.Count - 5), rows.Count - Math.Max(at, rows.Count - 5));
                break;
            default:
                rows[at - 1] = row with { Leaf = MerkleTree.LeafHash(bytes) };
                break;
        }
    }

    private static void Renumber(List<StoredRecord> rows, Action change)
    {
        change();
        var renumbered = SampleLog.Renumbered(rows);
        rows.Clear();
        rows.AddRange(renumbered);
    }
}
