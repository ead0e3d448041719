using FluentAssertions;
using McpActors.Actors.Servers.Processes;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Processes;

[Collection(AloneOnTheMachine.Name)]
public sealed class LeftoverTests : IAsyncLifetime
{
    private const string Earlier = "feedfeedfeedfeedfeedfeedfeedfeed";
    private readonly string _folder = Directory.CreateTempSubdirectory("ledger").FullName;
    private readonly Processes _processes = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _processes.StopAllAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Recorded_processes_and_their_families_are_ended_and_others_live()
    {
        var ledger = new ProcessLedger(_folder, Earlier);
        var mine = _processes.Start(Processes.Define("sh", "-c", "trap '' TERM; setsid sh -c 'echo grandchild $$ >&2; exec sleep 600' & while true; do sleep 0.1; done"), Earlier);
        var other = _processes.Shell("exec cat");
        ledger.Add(mine, "left \u001b behind");
        var grandchild = await _processes.GrandchildAsync();

        var report = await LeftoverReaper.ReapAsync(new ProcessLedger(_folder, Earlier), TimeProvider.System);

        report.Survivors.Should().BeEmpty();
        report.Ended.Should().Contain(l => l.Pid == mine.Pid).And.Contain(l => l.Pid == grandchild);
        report.Words.Should().Contain(w => w.Contains($"Ended process {mine.Pid} of server \"left \\x1b behind\"", StringComparison.Ordinal));
        Processes.IsAlive(mine.Pid).Should().BeFalse();
        Processes.IsAlive(grandchild).Should().BeFalse();
        Processes.IsAlive(other.Pid).Should().BeTrue();
        ledger.Read().Should().BeEmpty();
    }

    [Fact]
    public async Task A_process_that_died_before_its_record_was_written_is_found_by_its_mark()
    {
        var mine = _processes.Start(Processes.Define("sleep", "600"), Earlier);

        var report = await LeftoverReaper.ReapAsync(new ProcessLedger(_folder, Earlier), TimeProvider.System);

        report.Ended.Should().ContainSingle().Which.Pid.Should().Be(mine.Pid);
    }

    [Fact]
    public async Task A_record_whose_number_was_given_to_another_process_kills_nobody()
    {
        var other = _processes.Shell("exec cat");
        var ledger = new ProcessLedger(_folder, Earlier);
        ledger.Add(new ProcessRecord(other.Pid, other.StartTimeTicks - 1, ProcFs.BootId(), Guid.NewGuid(), "old", Earlier, 999999, 1));

        var report = await LeftoverReaper.ReapAsync(ledger, TimeProvider.System);

        report.Ended.Should().BeEmpty();
        report.Words.Should().BeEmpty();
        Processes.IsAlive(other.Pid).Should().BeTrue();
        ledger.Read().Should().BeEmpty("what is gone needs no record");
    }

    [Fact]
    public async Task A_record_lasts_from_start_to_stop_and_is_private()
    {
        var ledger = new ProcessLedger(_folder, Processes.NodeId);
        var child = _processes.Shell("exec cat");
        ledger.Add(child, "a server");

        var file = Directory.GetFiles(_folder).Should().ContainSingle().Subject;
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(file).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var record = ledger.Read().Should().ContainSingle().Subject;
        record.Pid.Should().Be(child.Pid);
        record.StartTicks.Should().Be(child.StartTimeTicks);
        record.Server.Should().Be("a server");
        record.NodePid.Should().Be(Environment.ProcessId);

        await child.StopAsync(Processes.Bound, CancellationToken.None);
        ledger.Remove(child);
        ledger.Read().Should().BeEmpty();
    }

    [Fact]
    public async Task Broken_records_are_skipped_and_removed()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "cut.json"), "{\"Pid\":12,\"Sta");
        await File.WriteAllTextAsync(Path.Combine(_folder, "one.json"), "{\"Pid\":1}");

        new ProcessLedger(_folder, Earlier).Read().Should().BeEmpty();

        Directory.GetFiles(_folder).Should().BeEmpty();
    }
}
