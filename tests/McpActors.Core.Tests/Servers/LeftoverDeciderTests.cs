using FluentAssertions;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Core.Tests.Servers;

public sealed class LeftoverDeciderTests
{
    private const string Node = "node-a";
    private const string Boot = "boot-1";
    private const int Self = 50;
    private static readonly Guid s_earlier = Guid.Parse("11111111-1111-1111-1111-111111111111");
    private static readonly Guid s_now = Guid.Parse("22222222-2222-2222-2222-222222222222");

    private static readonly ProcessFacts[] s_node =
    [
        new(1, 0, 1, 1, false, null, null),
        new(40, 1, 40, 500, false, null, null),
        new(Self, 40, 40, 900, false, null, null),
    ];

    [Fact]
    public void A_process_that_matches_its_record_is_ended()
    {
        var leftover = Decide([Record(100, 700)], Plain(100, 700)).Should().ContainSingle().Subject;

        leftover.Should().Be(new Leftover(100, 700, "files", "it is recorded with the same number and start time"));
    }

    [Fact]
    public void A_descendant_that_hid_from_every_mark_is_found_by_its_ancestry() =>
        Decide([Record(100, 700)], Plain(100, 700), Plain(300, 800) with { Ppid = 100, Session = 300 })
            .Should().Contain(new Leftover(300, 800, "files", "it descends from process 100"));

    [Fact]
    public void A_reused_number_is_left_alone() => Decide([Record(100, 700)], Plain(100, 701)).Should().BeEmpty();

    [Fact]
    public void A_record_of_another_boot_matches_nothing() =>
        Decide([Record(100, 700) with { BootId = "boot-0" }], Plain(100, 700)).Should().BeEmpty();

    [Fact]
    public void Without_a_boot_id_no_record_matches() =>
        LeftoverDecider.Decide([Record(100, 700) with { BootId = "" }], [.. s_node, Plain(100, 700)], "", Node, Self, new HashSet<Guid>()).Should().BeEmpty();

    [Fact]
    public void A_marked_process_without_a_record_is_ended() =>
        Decide([], Plain(300, 800) with { Owner = Node, Instance = s_earlier }).Should().ContainSingle().Which.Server.Should().BeNull();

    [Fact]
    public void A_marked_grandchild_is_named_after_its_server() =>
        Decide([Record(100, 700)], Plain(300, 800) with { Owner = Node, Instance = s_earlier })
            .Should().ContainSingle().Which.Server.Should().Be("files");

    [Fact]
    public void Another_nodes_process_is_left_alone() =>
        Decide([], Plain(300, 800) with { Owner = "node-b", Instance = s_earlier }).Should().BeEmpty();

    [Fact]
    public void An_owner_without_an_instance_is_left_alone() => Decide([], Plain(300, 800) with { Owner = Node }).Should().BeEmpty();

    [Fact]
    public void What_this_run_started_is_left_alone() =>
        Decide(
            [Record(300, 800) with { Instance = s_now }],
            Plain(300, 800) with { Owner = Node, Instance = s_now },
            Plain(301, 801) with { Session = 300, Ppid = 300, Owner = Node, Instance = s_now }).Should().BeEmpty();

    [Fact]
    public void Members_of_a_matched_session_are_ended_with_it() =>
        Decide([Record(100, 700)], Plain(100, 700), Plain(101, 710) with { Session = 100 })
            .Select(l => l.Pid).Should().Equal(100, 101);

    [Fact]
    public void Members_of_a_session_whose_leader_is_not_matched_are_left_alone() =>
        Decide([Record(100, 700)], Plain(101, 710) with { Session = 100 }).Should().BeEmpty("the number may name another session by now");

    [Fact]
    public void Zombies_cannot_be_ended() => Decide([Record(100, 700)], Plain(100, 700) with { IsZombie = true }).Should().BeEmpty();

    [Fact]
    public void The_first_process_ourselves_and_our_ancestors_are_never_ended()
    {
        // A node that a server of its earlier run started: everything above it looks like a leftover.
        ProcessFacts[] table =
        [
            new(1, 0, 1, 1, false, s_earlier, Node),
            new(40, 1, 40, 500, false, s_earlier, Node),
            new(Self, 40, 40, 900, false, s_earlier, Node),
            new(60, 40, 40, 950, false, s_earlier, Node),
        ];

        var ended = LeftoverDecider.Decide([Record(1, 1), Record(40, 500), Record(Self, 900)], table, Boot, Node, Self, new HashSet<Guid>());

        ended.Select(l => l.Pid).Should().Equal(60);
    }

    [Fact]
    public void The_children_of_a_living_node_with_a_copied_data_folder_are_left_alone()
    {
        var record = Record(100, 700) with { NodePid = 90, NodeStartTicks = 600 };

        Decide(
            [record],
            Plain(90, 600),
            Plain(100, 700) with { Ppid = 90 },
            Plain(110, 750) with { Ppid = 100, Owner = Node, Instance = Guid.NewGuid() }).Should().BeEmpty();
        Decide([record], Plain(90, 601), Plain(100, 700) with { Ppid = 90 }).Should().ContainSingle("that number is another process by now");
    }

    [Fact]
    public void A_circle_of_parents_does_not_hang_it() =>
        LeftoverDecider.Decide([], [new(Self, 70, 70, 1, false, null, null), new(70, Self, 70, 1, false, null, null)], Boot, Node, Self, new HashSet<Guid>())
            .Should().BeEmpty();

    private static IReadOnlyList<Leftover> Decide(IReadOnlyCollection<ProcessRecord> records, params ProcessFacts[] others) =>
        LeftoverDecider.Decide(records, [.. s_node, .. others], Boot, Node, Self, new HashSet<Guid> { s_now });

    private static ProcessRecord Record(int pid, long ticks) => new(pid, ticks, Boot, s_earlier, "files", Node, 30, 400);

    private static ProcessFacts Plain(int pid, long ticks) => new(pid, 1, pid, ticks, false, null, null);
}
