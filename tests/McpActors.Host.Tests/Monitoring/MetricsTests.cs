using System.Text.RegularExpressions;
using FluentAssertions;
using McpActors.Testing;
using Xunit;

namespace McpActors.Host.Tests.Monitoring;

[Collection(WholeNode.Name)]
public sealed partial class MetricsTests(SmallFleet fleet) : IClassFixture<SmallFleet>
{
    private static readonly string[] s_promised =
    [
        "mcpactors_server_up", "mcpactors_server_state", "mcpactors_probe_duration_seconds", "mcpactors_server_restarts_total",
        "mcpactors_server_resident_memory_bytes", "mcpactors_server_cpu_seconds_total", "mcpactors_server_open_files", "mcpactors_server_tools",
    ];

    private readonly NodeProcess _node = fleet.Node;

    [Fact]
    public async Task Every_promised_metric_is_there_with_a_type_a_help_text_and_bounded_labels()
    {
        var victim = await _node.ServerAsync("alpha");
        MarkedProcesses.Signal(victim.Pid!.Value, MarkedProcesses.Kill);
        await _node.UntilAsync("alpha", s => s.State == "healthy" && s.Pid != victim.Pid);
        var text = await Poll.UntilAsync(
            TimeSpan.FromSeconds(60),
            async () => (await _node.GetAsync("/metrics")).Body is var body && s_promised.All(name => body.Contains("\n" + name, StringComparison.Ordinal)) ? body : null,
            () => "a promised metric is missing");
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var types = lines.Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(l => l.Split(' ')).ToDictionary(p => p[2], p => p[3]);
        var helped = lines.Where(l => l.StartsWith("# HELP ", StringComparison.Ordinal)).Select(l => l.Split(' ', 4))
            .Where(p => p.Length == 4 && p[3].Trim().Length > 0).Select(p => p[2]).ToHashSet();

        types.Keys.Should().Contain(s_promised);
        types.Keys.Where(name => !helped.Contains(name)).Should().BeEmpty("each has a help text");
        types.Where(t => t.Value == "counter" && !t.Key.EndsWith("_total", StringComparison.Ordinal)).Should().BeEmpty("counters end so");
        types.Keys.Where(name => name.EndsWith("_ms", StringComparison.Ordinal) || name.EndsWith("_milliseconds", StringComparison.Ordinal))
            .Should().BeEmpty("base units only");
        types["mcpactors_probe_duration_seconds"].Should().Be("histogram");

        foreach (var line in lines.Where(l => l.StartsWith("mcpactors_", StringComparison.Ordinal)))
        {
            Label().Matches(line).Select(m => m.Groups[1].Value).Should()
                .BeSubsetOf(["server", "node", "outcome", "state", "le", "otel_scope_name", "otel_scope_version"], line);
        }

        lines.Should().Contain(l => l.StartsWith("mcpactors_server_restarts_total{", StringComparison.Ordinal)
            && l.Contains("server=\"alpha\"", StringComparison.Ordinal) && l.Contains("outcome=\"restart\"", StringComparison.Ordinal));
        foreach (var name in SmallFleet.Names)
        {
            var states = lines.Where(l => l.StartsWith("mcpactors_server_state{", StringComparison.Ordinal) && l.Contains($"server=\"{name}\"", StringComparison.Ordinal)).ToList();
            states.Should().HaveCount(10);
            states.Count(l => ValueOf(l) == "1").Should().Be(1, "a server is in one state");
        }

        lines.Should().Contain(l => l.StartsWith("dotnet_", StringComparison.Ordinal) || l.StartsWith("process_", StringComparison.Ordinal),
            "the node's own process is measured, too");
    }

    [Fact]
    public async Task The_samples_of_a_server_show_its_process_tree()
    {
        var report = await Poll.UntilAsync(
            TimeSpan.FromSeconds(60),
            async () => await _node.JsonAsync("/api/v1/servers/beta/metrics") is var r && r["points"]!.AsArray().Any(p => p!["residentBytes"] is not null) ? r : null,
            () => "no sample came");
        var point = report["points"]!.AsArray().Last(p => p!["residentBytes"] is not null)!;
        point["residentBytes"]!.GetValue<long>().Should().BeInRange(5_000_000, 1_000_000_000);
        point["threads"]!.GetValue<int>().Should().BeGreaterThan(1);
        point["openFiles"]!.GetValue<int>().Should().BeGreaterThan(2);
        point["cpuSeconds"]!.GetValue<double>().Should().BeGreaterThan(0);
        point["processes"]!.GetValue<int>().Should().Be(1);
        point["up"]!.GetValue<int>().Should().Be(1);
    }

    // The value stands behind the labels; a timestamp may follow it.
    private static string ValueOf(string line) => line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0];

    [GeneratedRegex("([a-zA-Z_][a-zA-Z0-9_]*)=\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Label();
}
