using System.Diagnostics;
using System.Text.Json.Nodes;
using FluentAssertions;
using McpActors.Testing;
using Xunit;
using Xunit.Abstractions;

namespace McpActors.Host.Tests.Servers;

/// <summary>What a node does when its servers die, stop and die again; with the default settings where nothing else is said.</summary>
[Collection(WholeNode.Name)]
public sealed class ServerLifeTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan s_soonerThanAnyProbe = TimeSpan.FromSeconds(40);

    private readonly NodeFolder _folder = new();
    private NodeProcess _node = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_server_killed_with_9_is_healthy_again_with_a_new_pid_and_its_exit_is_told()
    {
        _folder.Fault("victim").Fault("bystander");
        _node = await NodeProcess.StartAsync(_folder.Save());
        await _node.UntilAllHealthyAsync();
        var before = await _node.ServerAsync("victim");
        var bystander = await _node.ServerAsync("bystander");

        var clock = Stopwatch.StartNew();
        MarkedProcesses.Signal(before.Pid!.Value, MarkedProcesses.Kill);
        var after = await _node.UntilAsync("victim", s => s.State == "healthy" && s.Pid is not null && s.Pid != before.Pid);
        output.WriteLine($"kill -9 -> healthy: {clock.ElapsedMilliseconds} ms");

        after.Restarts.Should().Be(1);
        History(await _node.JsonAsync("/api/v1/servers/victim/health")).Should()
            .Contain(h => h.State == "unreachable" && h.Cause.Contains("SIGKILL", StringComparison.Ordinal) && h.Cause.Contains("Restart 1 of 5", StringComparison.Ordinal));
        (await _node.ServerAsync("bystander")).Should().Match<ServerView>(s => s.State == "healthy" && s.Pid == bystander.Pid && s.Restarts == 0);
        _node.Servers.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_stopped_server_is_wedged_long_before_its_next_probe_and_healthy_once_it_goes_on()
    {
        var wrapper = _folder.Write("wrapped.sh", $"#!/bin/sh\n'{Checkout.FaultServer}' \"$@\"\nexit $?\n", executable: true);
        _folder.Fault("plain").Stdio("wrapped", wrapper);
        _node = await NodeProcess.StartAsync(_folder.Save());
        await _node.UntilAllHealthyAsync();
        await FirstProbeAsync("plain");
        await FirstProbeAsync("wrapped");
        var plain = (await _node.ServerAsync("plain")).Pid!.Value;
        var shell = (await _node.ServerAsync("wrapped")).Pid!.Value;
        var wrapped = MarkedProcesses.ChildrenOf(shell).Should().ContainSingle().Subject;

        var clock = Stopwatch.StartNew();
        MarkedProcesses.Signal(plain, MarkedProcesses.Stop);
        var found = await _node.UntilAsync("plain", "wedged", s_soonerThanAnyProbe);
        output.WriteLine($"SIGSTOP -> wedged: {clock.ElapsedMilliseconds} ms");
        found.Cause.Should().Contain("is stopped (SIGSTOP or a debugger)");
        found.NextAction.Should().Contain("kill -CONT");

        clock.Restart();
        MarkedProcesses.Signal(wrapped, MarkedProcesses.Stop);
        var behind = await _node.UntilAsync("wrapped", "wedged", s_soonerThanAnyProbe);
        output.WriteLine($"SIGSTOP of the child behind a wrapper -> wedged: {clock.ElapsedMilliseconds} ms");
        behind.Cause.Should().Contain("child processes is stopped");

        clock.Restart();
        MarkedProcesses.Signal(plain, MarkedProcesses.Continue);
        MarkedProcesses.Signal(wrapped, MarkedProcesses.Continue);
        await _node.UntilAllHealthyAsync();
        output.WriteLine($"SIGCONT -> both healthy: {clock.ElapsedMilliseconds} ms");
        (await _node.ServerAsync("plain")).Pid.Should().Be(plain, "it was never restarted");
        (await _node.ServerAsync("wrapped")).Pid.Should().Be(shell);
    }

    [Fact]
    public async Task A_server_that_stays_stopped_is_restarted()
    {
        _folder.Fault("stuck").Setting("stuck", "restart", """{"wedgedAfter": "2s", "stopGrace": "500ms"}""");
        _node = await NodeProcess.StartAsync(_folder.Save());
        var before = await _node.UntilAsync("stuck", "healthy");

        MarkedProcesses.Signal(before.Pid!.Value, MarkedProcesses.Stop);
        await _node.UntilAsync("stuck", s => s.State == "healthy" && s.Pid != before.Pid);

        MarkedProcesses.IsAlive(before.Pid!.Value).Should().BeFalse();
        _node.Output.Should().Contain("stuck is restarted. It was wedged for");
    }

    [Fact]
    public async Task A_crash_loop_is_named_when_the_budget_is_spent_and_retried_slowly_for_ever()
    {
        const string Restart = """{"budget": 3, "initialDelay": "20ms", "slowRetry": "2s"}""";
        _folder.Fault("never-starts", "--stderr-lines", "3", "--exit-at-once", "9").Setting("never-starts", "restart", Restart)
            .Fault("dies-young", "--stderr-lines", "3", "--crash-after", "0.5").Setting("dies-young", "restart", Restart);
        _node = await NodeProcess.StartAsync(_folder.Save());

        var never = await _node.UntilAsync("never-starts", "crash_looping");
        never.Cause.Should().Contain("It failed 4 times within 10 min").And.Contain("exited with status 9")
            .And.Contain("stderr line 3").And.Contain("cannot start: the widget is not configured").And.Contain("Next try in");
        never.Pid.Should().BeNull();
        never.NextAction.Should().NotBeEmpty();

        var young = await _node.UntilAsync("dies-young", "crash_looping");
        young.Cause.Should().Contain("exited with status 70").And.Contain("stderr line 3");

        var clock = Stopwatch.StartNew();
        var spent = (await _node.ServerAsync("never-starts")).Restarts;
        await _node.UntilAsync("never-starts", s => s.Restarts >= spent + 3);
        clock.Elapsed.Should().BeGreaterThan(TimeSpan.FromSeconds(2.5), "two whole slow delays of 1.8 s or more lie between three retries");
    }

    [Fact]
    public async Task A_server_that_the_file_disables_is_stopped_and_has_no_process()
    {
        _folder.Fault("runs").Fault("resting");
        _folder.Save();
        var file = JsonNode.Parse(await File.ReadAllTextAsync(_folder.Config))!;
        file["mcpServers"]!["resting"]!["disabled"] = true;
        await File.WriteAllTextAsync(_folder.Config, file.ToJsonString());
        _node = await NodeProcess.StartAsync(_folder);

        (await _node.UntilAsync("resting", "stopped")).Cause.Should().Contain("disables it");
        await _node.UntilAsync("runs", "healthy");
        _node.Servers.Should().ContainSingle();
    }

    private static IEnumerable<(string State, string Cause)> History(JsonNode health) => health["history"]!.AsArray()
        .Select(h => (h!["state"]!.GetValue<string>(), h["cause"]!.GetValue<string>()));

    // After it the next probe is 54 s away, or more: whatever is seen before, no probe has found.
    private Task<JsonNode> FirstProbeAsync(string name) => Poll.UntilAsync(
        TimeSpan.FromSeconds(60),
        async () => (await _node.JsonAsync($"/api/v1/servers/{name}/health"))["lastProbe"],
        () => $"{name} was never probed");
}
