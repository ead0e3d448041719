using FluentAssertions;
using McpActors.Actors.Servers.Processes;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Processes;

[Collection(AloneOnTheMachine.Name)]
public sealed class ProcFsTests : IAsyncLifetime
{
    private readonly Processes _processes = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _processes.StopAllAsync();

    [Fact]
    public void The_node_sees_itself()
    {
        var row = ProcFs.ReadProcess(Environment.ProcessId)!.Value;

        row.RssBytes.Should().BeInRange(10L << 20, 10L << 30);
        row.Threads.Should().BeGreaterThan(1);
        row.CpuSeconds.Should().BeGreaterThan(0.01);
        row.State.Should().BeOneOf('R', 'S');
        row.StartTicks.Should().BeInRange(1, ProcFs.NowTicks());
        ProcFs.OpenFiles(Environment.ProcessId).Should().BeGreaterThan(3);
        ProcFs.ReadIo(Environment.ProcessId).Should().NotBeNull();
        ProcFs.BootId().Should().HaveLength(36);
    }

    [Fact]
    public void A_process_that_is_not_there_reads_as_null()
    {
        ProcFs.ReadProcess(int.MaxValue).Should().BeNull();
        ProcFs.OpenFiles(int.MaxValue).Should().BeNull();
        ProcFs.ReadIo(int.MaxValue).Should().BeNull();
    }

    [Fact]
    public async Task A_name_with_parentheses_and_spaces_does_not_confuse_it()
    {
        var folder = Directory.CreateTempSubdirectory("proc").FullName;
        var program = Path.Combine(folder, "a) R 1 (b");
        File.Copy("/bin/cat", program);
        var child = _processes.Start(Processes.Define(program));
        await Processes.Until(() => File.ReadAllText($"/proc/{child.Pid}/comm").StartsWith("a)", StringComparison.Ordinal));

        ProcFs.ReadProcess(child.Pid)!.Value.Ppid.Should().Be(Environment.ProcessId);

        await child.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_tree_holds_descendants_and_whatever_carries_the_mark()
    {
        var child = _processes.Fault("--grandchild", "--grandchild-own-session");
        var other = _processes.Shell("exec cat");
        await Processes.Until(() => _processes.Stderr.Split("grandchild ").Length == 3);

        var table = ProcTable.Take(markers: true);
        var tree = table.TreeOf(child.Pid, child.Instance);

        tree.Should().HaveCount(3);
        tree[0].Pid.Should().Be(child.Pid);
        tree.Should().OnlyContain(row => row.Instance == child.Instance && row.Owner == Processes.NodeId);
        tree.Should().NotContain(row => row.Pid == other.Pid);
    }

    [Fact]
    public async Task A_sample_sums_over_the_tree()
    {
        var child = _processes.Fault("--grandchild");
        await _processes.GrandchildAsync();

        var sample = ProcFs.Sample(ProcTable.Take(), child.Pid)!;

        sample.Processes.Should().Be(2);
        sample.RssBytes.Should().BeGreaterThan(ProcFs.ReadProcess(child.Pid)!.Value.RssBytes);
        sample.OpenFiles.Should().BeGreaterThan(6);
        sample.Threads.Should().BeGreaterThan(2);
        sample.CpuSeconds.Should().BeGreaterThan(0);
        ProcFs.Sample(ProcTable.Take(), int.MaxValue).Should().BeNull();
    }

    [Fact]
    public async Task A_leak_shows_in_the_samples()
    {
        var child = _processes.Fault("--leak", "40");

        await Processes.Until(() => ProcFs.Sample(ProcTable.Take(), child.Pid) is { RssBytes: > 100L << 20 });
    }

    [Fact]
    public async Task A_stopped_server_shows_its_letter_and_its_unread_input()
    {
        var child = _processes.Shell("exec cat");
        await child.Stdin.WriteAsync("ping\n"u8.ToArray());
        await Processes.Until(() => child.UnreadInput() == 0 && child.UnreadOutput() == 5);
        var healthy = ProcFs.Signs(ProcTable.Take(), child);
        healthy.IsStopped.Should().BeFalse();
        healthy.IsDead.Should().BeFalse();
        healthy.UnreadOutputBytes.Should().Be(5);

        Native.Kill(child.Pid, 19);
        await Processes.Until(() => ProcFs.Signs(ProcTable.Take(), child).IsStopped);
        await child.Stdin.WriteAsync("ping\n"u8.ToArray());

        var signs = ProcFs.Signs(ProcTable.Take(), child);
        signs.State.Should().Be('T');
        signs.UnreadInputBytes.Should().BeGreaterThanOrEqualTo(5);
    }

    [Fact]
    public async Task A_zombie_and_a_stopped_descendant_are_counted()
    {
        var child = _processes.Fault("--zombie-child", "--grandchild");
        await Processes.Until(() => _processes.Stderr.Split("grandchild ").Length == 3);
        await Processes.Until(() => ProcFs.Signs(ProcTable.Take(), child).DeadDescendants == 1);
        var sleeper = ProcTable.Take().TreeOf(child.Pid).Single(row => row.Pid != child.Pid && row.State != 'Z');
        Native.Kill(sleeper.Pid, 19);

        await Processes.Until(() => ProcFs.Signs(ProcTable.Take(), child) is { DeadDescendants: 1, StoppedDescendants: 1, Processes: 3 });
    }

    [Fact]
    public async Task A_stopped_process_has_no_open_streams_and_is_dead()
    {
        var child = _processes.Shell("exec cat");
        await child.StopAsync(Processes.Bound, CancellationToken.None);

        var signs = ProcFs.Signs(ProcTable.Take(), child);

        signs.IsDead.Should().BeTrue();
        signs.UnreadInputBytes.Should().BeNull();
        signs.UnreadOutputBytes.Should().BeNull();
    }
}
