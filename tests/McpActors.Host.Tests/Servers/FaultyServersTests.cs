using FluentAssertions;
using McpActors.Testing;
using Xunit;

namespace McpActors.Host.Tests.Servers;

/// <summary>One node with a server for every fault of a stdio server; each is told in words, and none disturbs another.</summary>
public sealed class FaultyFleet : IAsyncLifetime
{
    // Short probes and starts, so that a fault shows within seconds; the budget is never spent during the tests.
    private const string Probe = """{"interval": "1s", "timeout": "500ms", "slow": "100ms"}""";
    private const string Restart = """{"startTimeout": "5s", "budget": 1000, "maxDelay": "2s", "wedgedAfter": "0s"}""";
    private const string HastyRestart = """{"startTimeout": "1500ms", "budget": 1000, "maxDelay": "2s"}""";

    private readonly NodeFolder _folder = new();

    public NodeProcess Node { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Add("sound");
        Add("exits-at-once", "--exit-at-once", "3");
        Add("hangs-at-start", "--hang-at-start");
        Add("banner", "--banner");
        Add("garbage-only", "--garbage-only");
        Add("endless-line", "--endless-line", "--on-ping");
        Add("huge-answer", "--huge-answer", "100000000", "--on-ping");
        Add("slow-drip", "--slow-drip");
        Add("mute", "--mute-after", "4");
        Add("error-on-ping", "--error-on-ping");
        Add("refuses-initialize", "--refuse-initialize-after-discover");
        Add("silent-on-unknown", "--silent-on-unknown");
        Add("grandchild", "--grandchild");
        Add("grandchild-own-session", "--grandchild-own-session");
        Add("modern", "--era", "2026");
        Add("endless-cursor", "--endless-cursor");
        _folder.Setting("hangs-at-start", "restart", HastyRestart).Setting("garbage-only", "restart", HastyRestart);
        _folder.Setting("slow-drip", "probe", """{"interval": "1s", "timeout": "5s", "slow": "100ms"}""");
        _folder.Fault("no-variable", "--echo-env", "${TEST_VARIABLE_THAT_NOBODY_SETS}");
        Node = await NodeProcess.StartAsync(_folder.Save(), new Dictionary<string, string> { ["MCPACTORS_Node__StartConcurrency"] = "20" });
    }

    public async Task DisposeAsync()
    {
        await Node.DisposeAsync();
        _folder.Dispose();
    }

    private void Add(string name, params string[] args) =>
        _folder.Fault(name, args).Setting(name, "probe", Probe).Setting(name, "restart", Restart);
}

[Collection(WholeNode.Name)]
public sealed class FaultyServersTests(FaultyFleet fleet) : IClassFixture<FaultyFleet>
{
    private readonly NodeProcess _node = fleet.Node;

    [Fact]
    public async Task A_server_that_exits_at_once_tells_its_status_and_its_last_lines()
    {
        var server = await _node.UntilAsync("exits-at-once", s => s.Cause.Contains("exited with status 3", StringComparison.Ordinal));
        server.State.Should().Be("unreachable");
        server.Cause.Should().Contain("cannot start: the widget is not configured").And.Contain("Restart ");
        server.NextAction.Should().NotBeEmpty();
    }

    [Fact]
    public async Task A_server_that_hangs_at_its_start_is_told_with_the_time_that_it_was_given()
    {
        var server = await _node.UntilAsync("hangs-at-start", s => s.Cause.Contains("did not answer the handshake within 1.5 s", StringComparison.Ordinal));
        server.State.Should().Be("wedged");
        server.Cause.Should().StartWith("It runs, but");
    }

    [Fact]
    public async Task A_banner_on_standard_output_is_counted_and_harms_nothing()
    {
        await _node.UntilAsync("banner", "healthy");
        (await _node.JsonAsync("/api/v1/servers/banner/logs"))["garbageLines"]!.GetValue<int>().Should().Be(3);
    }

    [Fact]
    public async Task A_server_that_writes_only_garbage_is_told_to_speak_no_JSON_RPC()
    {
        var server = await _node.UntilAsync("garbage-only", s => s.Cause.Contains("not JSON-RPC", StringComparison.Ordinal));
        server.State.Should().Be("wedged");
    }

    [Fact]
    public async Task A_line_without_end_is_cut_at_its_bound_and_told()
    {
        var server = await _node.UntilAsync("endless-line", "wedged");
        server.Cause.Should().MatchRegex("(longer|more) than .*MiB");
        (await _node.JsonAsync("/api/v1/servers/endless-line/logs"))["oversizedLines"]!.GetValue<int>().Should().BeGreaterThan(0);
    }

    [Fact]
    public async Task A_huge_answer_is_cut_at_its_bound_and_told()
    {
        var server = await _node.UntilAsync("huge-answer", "wedged");
        server.Cause.Should().MatchRegex("(longer|more) than .*MiB");
    }

    [Fact]
    public async Task An_answer_that_drips_is_slow_and_the_server_degraded()
    {
        var server = await _node.UntilAsync("slow-drip", "degraded");
        server.Cause.Should().Contain("more than 100 ms is slow");
        server.NextAction.Should().Contain("probe.slow");
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_wedged_with_the_time_waited_for()
    {
        var server = await _node.UntilAsync("mute", "wedged");
        server.Cause.Should().Contain("No answer within 500 ms");
    }

    [Fact]
    public async Task An_error_in_answer_to_a_ping_is_a_sign_of_life()
    {
        await _node.UntilAsync("error-on-ping", "healthy");
        var health = await Poll.UntilAsync(TimeSpan.FromSeconds(30),
            async () => await _node.JsonAsync("/api/v1/servers/error-on-ping/health") is var report && report["lastProbe"] is not null ? report : null,
            () => "it was never probed");
        health["lastProbe"]!["outcome"]!.GetValue<string>().Should().Be("answered");
        health["state"]!.GetValue<string>().Should().Be("healthy");
    }

    [Fact]
    public async Task A_server_that_refuses_initialize_after_discover_is_asked_for_initialize_alone()
    {
        var server = await _node.UntilAsync("refuses-initialize", "healthy");
        server.Era.Should().Be("initialize");
    }

    [Fact]
    public async Task A_server_that_never_answers_an_unknown_method_is_healthy_all_the_same()
    {
        var server = await _node.UntilAsync("silent-on-unknown", "healthy");
        server.Era.Should().Be("initialize");
    }

    [Theory]
    [InlineData("grandchild")]
    [InlineData("grandchild-own-session")]
    public async Task The_grandchildren_of_a_killed_server_are_ended_before_it_starts_again(string name)
    {
        var before = await _node.UntilAsync(name, "healthy");
        var log = await Poll.UntilAsync(TimeSpan.FromSeconds(30), () => GrandchildAsync(name), () => "no grandchild was reported");
        MarkedProcesses.IsAlive(log.Pid).Should().BeTrue();

        MarkedProcesses.Signal(before.Pid!.Value, MarkedProcesses.Kill);
        await _node.UntilAsync(name, s => s.State == "healthy" && s.Pid != before.Pid);

        MarkedProcesses.IsAlive(log.Pid).Should().BeFalse();
    }

    [Fact]
    public async Task A_server_of_the_newest_revision_is_recognised_by_discover()
    {
        var server = await _node.UntilAsync("modern", s => s.State == "healthy" && s.Tools is not null);
        server.ProtocolVersion.Should().Be("2026-07-28");
        server.Era.Should().Be("discover");
        server.Tools.Should().Be(1);
    }

    [Fact]
    public async Task A_list_of_tools_without_end_is_cut_and_the_version_says_so()
    {
        var version = await Poll.UntilAsync(TimeSpan.FromSeconds(60),
            async () => await _node.JsonAsync("/api/v1/servers/endless-cursor/version") is var report && report["surface"] is not null ? report : null,
            () => "no surface was read");
        version["surface"]!["complete"]!.GetValue<bool>().Should().BeFalse();
    }

    [Fact]
    public async Task A_missing_variable_keeps_its_own_server_from_starting_and_says_which_it_is()
    {
        var server = await _node.UntilAsync("no-variable", "unreachable");
        server.Cause.Should().StartWith("It was not started").And.Contain("TEST_VARIABLE_THAT_NOBODY_SETS");
        server.Pid.Should().BeNull();
        server.Diagnostics.Should().Be(1);
    }

    [Fact]
    public async Task Among_all_of_them_a_sound_server_stays_healthy_and_is_never_restarted()
    {
        var server = await _node.UntilAsync("sound", "healthy");
        server.Restarts.Should().Be(0);
        server.Cause.Should().Be("It answers.");
    }

    private async Task<GrandchildLine?> GrandchildAsync(string name)
    {
        var lines = (await _node.JsonAsync($"/api/v1/servers/{name}/logs"))["lines"]!.AsArray();
        var text = lines.Select(l => l!["text"]!.GetValue<string>()).LastOrDefault(t => t.StartsWith("grandchild ", StringComparison.Ordinal));
        return text is null ? null : new GrandchildLine(int.Parse(text.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private sealed record GrandchildLine(int Pid);
}
