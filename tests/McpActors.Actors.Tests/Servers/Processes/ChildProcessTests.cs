using System.Text;
using FluentAssertions;
using McpActors.Actors.Servers.Processes;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Processes;

[Collection(AloneOnTheMachine.Name)]
public sealed class ChildProcessTests : IAsyncLifetime
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(20);
    private readonly Processes _processes = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _processes.StopAllAsync();

    [Fact]
    public void A_child_leads_its_own_group_and_session()
    {
        var child = _processes.Shell("exec cat");

        var row = ProcFs.ReadProcess(child.Pid)!.Value;

        row.Pgrp.Should().Be(child.Pid);
        row.Session.Should().Be(child.Pid);
        row.StartTicks.Should().Be(child.StartTimeTicks);
        row.Ppid.Should().Be(Environment.ProcessId);
    }

    [Fact]
    public async Task Its_streams_carry_what_is_written()
    {
        var child = _processes.Shell("read line; echo got $line; echo noise >&2; exec cat");

        await child.Stdin.WriteAsync("hello\nworld\n"u8.ToArray());
        var reader = new StreamReader(child.Stdout);

        (await reader.ReadLineAsync()).Should().Be("got hello");
        (await reader.ReadLineAsync()).Should().Be("world");
        await Processes.Until(() => _processes.Stderr == "noise\n");
    }

    [Fact]
    public async Task A_descendant_in_a_session_of_its_own_with_an_empty_environment_is_ended_too()
    {
        var child = _processes.Shell("setsid env -i /bin/sleep 300 & echo $!; exec cat");
        var hidden = int.Parse((await new StreamReader(child.Stdout).ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
        await Processes.Until(() => ProcFs.ReadProcess(hidden) is { } row && row.Session == hidden);

        await child.StopAsync(s_short, CancellationToken.None);

        await Processes.Until(() => ProcFs.ReadProcess(hidden) is null or { State: 'Z' });
    }

    [Fact]
    public async Task A_child_starts_with_every_signal_at_its_default_and_no_descriptor_of_ours()
    {
        var child = _processes.Shell("grep -E 'SigBlk|SigIgn' /proc/self/status; ls /proc/self/fd | tr '\\n' ' '");

        var text = await new StreamReader(child.Stdout).ReadToEndAsync();

        // 32 and 33 belong to the C library itself, which ignores them in every child that it spawns.
        text.Should().MatchRegex("SigBlk:\\s+0000000000000000").And.MatchRegex("SigIgn:\\s+0000000[01]80000000|SigIgn:\\s+0000000000000000");
        text.Split('\n')[^1].Trim().Should().Be("0 1 2 3", "3 is the folder that ls itself reads");
    }

    [Fact]
    public async Task A_kill_minus_9_completes_Exited_although_a_grandchild_holds_the_streams()
    {
        var child = _processes.Fault("--grandchild");
        var grandchild = await _processes.GrandchildAsync();

        Native.Kill(child.Pid, Native.SigKill);
        var exit = await child.Exited.WaitAsync(Processes.Bound);

        exit.Signal.Should().Be(9);
        exit.Words.Should().StartWith("was killed by SIGKILL");
        child.StderrClosed.IsCompleted.Should().BeFalse("the grandchild still holds standard error");
        Processes.IsAlive(grandchild).Should().BeTrue();

        var report = await child.CleanUpAsync(CancellationToken.None);

        report.LeftoversKilled.Should().Be(1);
        report.By.Should().Be("itself");
        Processes.IsThere(grandchild).Should().BeFalse("it is dead and collected");
    }

    [Fact]
    public async Task An_exit_tells_its_status_and_the_last_words()
    {
        var child = _processes.Fault("--exit-at-once", "3");

        var exit = await child.Exited.WaitAsync(Processes.Bound);
        (await child.DrainAsync(Processes.Bound)).Should().BeTrue();

        exit.Should().Be(new ExitInfo(3, null));
        exit.Words.Should().Be("exited with status 3");
        _processes.Stderr.Should().Contain("the widget is not configured");
        await Processes.Until(() => !Processes.IsThere(child.Pid));
    }

    [Fact]
    public async Task An_exit_status_of_137_is_not_taken_for_a_signal()
    {
        var child = _processes.Shell("exit 137");

        (await child.Exited.WaitAsync(Processes.Bound)).Should().Be(new ExitInfo(137, null));
    }

    [Fact]
    public async Task A_server_that_obeys_goes_at_the_end_of_its_input()
    {
        var child = _processes.Fault();

        var report = await child.StopAsync(s_long, CancellationToken.None);

        report.By.Should().Be("end of input");
        report.Exit.Should().Be(new ExitInfo(0, null));
        report.LeftoversKilled.Should().Be(0);
        Processes.IsThere(child.Pid).Should().BeFalse();
    }

    [Fact]
    public async Task A_server_that_ignores_the_end_of_input_goes_by_SIGTERM()
    {
        var child = _processes.Shell("echo ready >&2; exec sleep 600");
        await Processes.Until(() => _processes.Stderr.Length > 0);

        var report = await child.StopAsync(s_short, CancellationToken.None);

        report.By.Should().Be("SIGTERM");
        report.Words.Should().Be("The process was killed by SIGTERM after SIGTERM.");
    }

    [Fact]
    public async Task A_server_that_ignores_both_is_killed()
    {
        var child = _processes.Fault("--ignore-eof", "--ignore-sigterm", "--echo-env", "NOTHING");
        var asked = new StreamReader(child.Stdout).ReadLineAsync();
        await child.Stdin.WriteAsync("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n"u8.ToArray());
        await asked.WaitAsync(Processes.Bound);

        var report = await child.StopAsync(s_short, CancellationToken.None);

        report.By.Should().Be("SIGKILL");
        Processes.IsThere(child.Pid).Should().BeFalse();
    }

    [Fact]
    public async Task A_stopped_server_can_still_obey_SIGTERM()
    {
        var child = _processes.Shell("trap 'echo bye >&2; exit 5' TERM; echo ready >&2; while true; do sleep 0.05; done");
        await Processes.Until(() => _processes.Stderr.Length > 0);
        Native.Kill(-child.Pid, 19);
        await Processes.Until(() => ProcFs.ReadProcess(child.Pid) is { State: 'T' });

        var report = await child.StopAsync(TimeSpan.FromSeconds(5), CancellationToken.None);

        report.By.Should().Be("SIGTERM");
        report.Exit!.Code.Should().Be(5);
    }

    [Fact]
    public async Task A_cancelled_stop_kills_at_once_instead_of_waiting()
    {
        var child = _processes.Fault("--ignore-eof", "--ignore-sigterm");
        using var cancelled = new CancellationTokenSource();
        var stop = child.StopAsync(TimeSpan.FromSeconds(60), cancelled.Token);

        await cancelled.CancelAsync();

        (await stop.WaitAsync(Processes.Bound)).Exit.Should().NotBeNull();
        Processes.IsThere(child.Pid).Should().BeFalse();
    }

    [Theory]
    [InlineData("--grandchild")]
    [InlineData("--grandchild-own-session")]
    [InlineData("--grandchild-ignores-sigterm")]
    public async Task A_stop_leaves_no_grandchild_and_no_zombie(string kind)
    {
        var child = _processes.Fault(kind);
        var grandchild = await _processes.GrandchildAsync();

        var report = await child.StopAsync(TimeSpan.FromSeconds(1), CancellationToken.None);

        report.LeftoversKilled.Should().BeGreaterThanOrEqualTo(1);
        report.Survivors.Should().BeEmpty();
        Processes.IsThere(grandchild).Should().BeFalse();
        ProcTable.Take(markers: true).Rows.Should().NotContain(row => row.Session == child.Pid || row.Instance == child.Instance);
    }

    [Fact]
    public async Task A_chain_of_detached_descendants_is_found_by_its_mark()
    {
        var child = _processes.Shell("setsid sh -c 'setsid sh -c \"echo grandchild \\$\\$ >&2; exec sleep 600\" & exit' & wait; exec sleep 600");
        var descendant = await _processes.GrandchildAsync();
        ProcFs.ReadProcess(descendant)!.Value.Session.Should().NotBe(child.Pid);

        await child.StopAsync(s_short, CancellationToken.None);

        Processes.IsThere(descendant).Should().BeFalse();
    }

    [Fact]
    public async Task An_orphan_that_ends_by_itself_is_collected()
    {
        var child = _processes.Shell("(setsid sh -c 'echo grandchild $$ >&2; sleep 0.2' &) ; exec cat");
        var orphan = await _processes.GrandchildAsync();

        await Processes.Until(() => !Processes.IsThere(orphan));

        Processes.IsAlive(child.Pid).Should().BeTrue();
    }

    [Fact]
    public async Task Fifty_servers_that_are_killed_at_once_are_all_noticed()
    {
        var children = Enumerable.Range(0, 50).Select(_ => _processes.Shell("exec sleep 600")).ToList();

        foreach (var child in children)
        {
            Native.Kill(child.Pid, Native.SigKill);
        }

        var exits = await Task.WhenAll(children.Select(child => child.Exited)).WaitAsync(Processes.Bound);
        exits.Should().OnlyContain(exit => exit.Signal == 9);
    }

    [Fact]
    public async Task A_thousand_starts_and_stops_leak_no_descriptor()
    {
        await Cycle(20);
        var before = ProcFs.OpenFiles(Environment.ProcessId)!.Value;

        await Cycle(1000);

        ProcFs.OpenFiles(Environment.ProcessId)!.Value.Should().BeLessThan(before + 10);

        static async Task Cycle(int count)
        {
            for (var i = 0; i < count; i++)
            {
                await using var child = ChildProcess.Start(new ChildStart
                {
                    Definition = Processes.Define("cat"),
                    NodeId = Processes.NodeId,
                    Stderr = static _ => { },
                });
                (await child.StopAsync(s_long, CancellationToken.None)).Exit.Should().NotBeNull();
            }
        }
    }

    [Fact]
    public async Task A_node_process_of_dotnet_beside_it_keeps_its_own_status()
    {
        _processes.Shell("exec cat");

        using var other = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sh", ["-c", "exit 9"]))!;
        await other.WaitForExitAsync().WaitAsync(Processes.Bound);

        other.ExitCode.Should().Be(9, "collecting our children must not take those of others");
    }

    [Fact]
    public async Task An_HTTP_servers_output_goes_to_its_sink()
    {
        var text = new StringBuilder();
        await using var child = ChildProcess.Start(new ChildStart
        {
            Definition = Processes.Define("sh", "-c", "echo to-log; exec cat"),
            NodeId = Processes.NodeId,
            Stderr = static _ => { },
            Stdout = bytes => text.Append(Encoding.UTF8.GetString(bytes)),
        });

        await Processes.Until(() => text.ToString() == "to-log\n");
    }

    [Fact]
    public async Task The_environment_is_the_nodes_without_what_is_the_nodes_alone()
    {
        Environment.SetEnvironmentVariable("MCPACTORS_TEST_SECRET", "hidden-value");
        Environment.SetEnvironmentVariable("ASPNETCORE_URLS", "http://127.0.0.1:1");
        Environment.SetEnvironmentVariable("PROCESS_TEST_KEPT", "kept");
        try
        {
            var definition = Processes.Define("env") with
            {
                Env = new Dictionary<string, string> { ["OF_SERVER"] = "ünï", [ChildEnvironment.OwnerMarker] = "forged" },
            };
            var child = _processes.Start(definition);
            var lines = (await new StreamReader(child.Stdout).ReadToEndAsync()).Split('\n');

            lines.Should().Contain(["PROCESS_TEST_KEPT=kept", "OF_SERVER=ünï", $"MCPACTORS_OWNER={Processes.NodeId}", $"MCPACTORS_INSTANCE={child.Instance}"]);
            lines.Should().NotContain(line => line.Contains("hidden-value") || line.Contains("forged") || line.StartsWith("ASPNETCORE_"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("MCPACTORS_TEST_SECRET", null);
            Environment.SetEnvironmentVariable("ASPNETCORE_URLS", null);
            Environment.SetEnvironmentVariable("PROCESS_TEST_KEPT", null);
        }
    }

    [Fact]
    public void A_NUL_in_an_argument_is_refused_before_the_start()
    {
        var start = () => _processes.Start(Processes.Define("echo", "a\0b"));

        start.Should().Throw<ProcessStartException>().Which.Refusal.Code.Should().Be(StartRefusal.BadArgument);
    }
}
