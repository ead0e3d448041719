using System.Net;
using System.Text.Json.Nodes;
using FluentAssertions;
using McpActors.Testing;
using Xunit;

namespace McpActors.Host.Tests;

/// <summary>One node with a few servers, for what its HTTP surface promises to every caller.</summary>
public sealed class SmallFleet : IAsyncLifetime
{
    private readonly NodeFolder _folder = new();

    public NodeProcess Node { get; private set; } = null!;

    public static IReadOnlyList<string> Names { get; } = ["alpha", "beta", "delta", "gamma", "omega"];

    public async Task InitializeAsync()
    {
        foreach (var name in Names)
        {
            _folder.Fault(name, "--tools", "25");
        }

        Node = await NodeProcess.StartAsync(_folder.Save());
        await Node.UntilAllHealthyAsync();
        await Node.UntilAsync("alpha", s => s.Tools == 25);
    }

    public async Task DisposeAsync()
    {
        await Node.DisposeAsync();
        _folder.Dispose();
    }
}

[Collection(WholeNode.Name)]
public sealed class ApiTests(SmallFleet fleet) : IClassFixture<SmallFleet>
{
    private readonly NodeProcess _node = fleet.Node;

    [Theory]
    [InlineData("?to=0001-01-01T00:00:00Z")]
    [InlineData("?from=9999-12-31T23:59:59Z")]
    public async Task The_ends_of_time_are_no_fault_of_the_node(string query)
    {
        var answer = await _node.GetAsync("/api/v1/servers/alpha/metrics" + query);

        ((int)answer.Status).Should().BeOneOf(200, 400);
    }

    [Fact]
    public async Task A_list_pages_with_a_limit_and_a_cursor_and_misses_and_repeats_nothing()
    {
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await _node.JsonAsync("/api/v1/servers?limit=2" + (cursor is null ? "" : "&cursor=" + cursor));
            var items = page["items"]!.AsArray();
            items.Count.Should().BeInRange(1, 2);
            page["count"]!.GetValue<int>().Should().Be(5, "it counts the whole list");
            seen.AddRange(items.Select(i => i!["name"]!.GetValue<string>()));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null && seen.Count < 20);
        seen.Should().Equal(SmallFleet.Names);
    }

    [Fact]
    public async Task The_tools_of_a_server_page_too()
    {
        var first = await _node.JsonAsync("/api/v1/servers/alpha/tools?limit=20");
        var second = await _node.JsonAsync("/api/v1/servers/alpha/tools?limit=20&cursor=" + first["nextCursor"]!.GetValue<string>());
        first["items"]!.AsArray().Concat(second["items"]!.AsArray()).Select(t => t!["name"]!.GetValue<string>())
            .Should().HaveCount(25).And.OnlyHaveUniqueItems();
        second["nextCursor"].Should().BeNull();
        first["sha256"]!.GetValue<string>().Should().Be(second["sha256"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("/api/v1/servers?limit=0")]
    [InlineData("/api/v1/servers?limit=201")]
    [InlineData("/api/v1/servers?limit=-5")]
    [InlineData("/api/v1/servers?limit=many")]
    [InlineData("/api/v1/servers?cursor=%21%21%21")]
    [InlineData("/api/v1/servers/alpha/tools?limit=0")]
    [InlineData("/api/v1/servers/alpha/tools?cursor=eHg")]
    [InlineData("/api/v1/servers/alpha/metrics?from=yesterday")]
    [InlineData("/api/v1/servers/alpha/metrics?to=never")]
    [InlineData("/api/v1/servers/alpha/metrics?from=2026-11-23T10:00:00Z&to=2026-11-23T09:00:00Z")]
    [InlineData("/api/v1/servers/alpha/metrics?step=-1")]
    [InlineData("/api/v1/servers/alpha/metrics?step=NaN")]
    [InlineData("/api/v1/servers/alpha/logs?tail=0")]
    [InlineData("/api/v1/servers/alpha/logs?tail=10001")]
    [InlineData("/api/v1/servers/alpha/logs?tail=all")]
    public async Task A_malformed_question_is_a_problem_with_status_400_and_a_remedy(string path)
    {
        var (status, body, type) = await _node.GetAsync(path);
        status.Should().Be(HttpStatusCode.BadRequest, body);
        type.Should().Be("application/problem+json");
        var problem = JsonNode.Parse(body)!;
        problem["status"]!.GetValue<int>().Should().Be(400);
        problem["detail"]!.GetValue<string>().Should().NotBeEmpty();
        problem["fix"]!.GetValue<string>().Should().NotBeEmpty();
        body.Should().NotContain("Exception").And.NotContain("   at ");
    }

    [Theory]
    [InlineData("/api/v1/servers/nobody")]
    [InlineData("/api/v1/servers/nobody/health")]
    [InlineData("/api/v1/servers/nobody/metrics")]
    [InlineData("/api/v1/servers/nobody/logs")]
    [InlineData("/api/v1/servers/nobody/version")]
    [InlineData("/api/v1/servers/nobody/tools")]
    [InlineData("/api/v1/servers/..%2F..%2Fetc%2Fpasswd/logs")]
    [InlineData("/api/v1/nothing")]
    public async Task What_does_not_exist_is_a_problem_with_status_404(string path)
    {
        var (status, _, type) = await _node.GetAsync(path);
        status.Should().Be(HttpStatusCode.NotFound);
        type.Should().Be("application/problem+json");
        (await _node.AllServersAsync()).Should().HaveCount(5, "a question creates no server");
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("10.0.0.1:7710")]
    public async Task A_foreign_Host_header_is_refused(string host) =>
        (await _node.GetAsync("/api/v1/servers", host)).Status.Should().Be(HttpStatusCode.BadRequest);

    [Fact]
    public async Task The_names_of_this_machine_are_accepted_as_Host()
    {
        foreach (var host in (string[])["localhost", "127.0.0.1", "[::1]:1234"])
        {
            (await _node.GetAsync("/api/v1/servers", host)).Status.Should().Be(HttpStatusCode.OK, host);
        }
    }

    [Fact]
    public async Task OpenAPI_lists_every_route_that_this_stage_offers()
    {
        var description = await _node.JsonAsync("/openapi/v1.json");
        description["paths"]!.AsObject().Select(p => p.Key).Should().Contain([
            "/api/v1/servers", "/api/v1/servers/{name}", "/api/v1/servers/{name}/health", "/api/v1/servers/{name}/metrics",
            "/api/v1/servers/{name}/logs", "/api/v1/servers/{name}/version", "/api/v1/servers/{name}/tools",
            "/api/v1/config", "/api/v1/cluster", "/api/v1/events"]);
        description["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject()).Where(m => m.Key is "get" or "post" or "put" or "delete")
            .Should().OnlyContain(m => m.Key == "get", "nothing can be changed yet").And.OnlyContain(m => m.Value!["summary"] != null);
    }

    [Theory]
    [InlineData("startup")]
    [InlineData("live")]
    [InlineData("ready")]
    public async Task A_running_node_is_well_in_every_respect(string what) =>
        (await _node.GetAsync("/healthz/" + what)).Should().Match<(HttpStatusCode Status, string Body, string? Type)>(a => a.Status == HttpStatusCode.OK && a.Body == "Healthy");

    [Fact]
    public async Task The_cluster_of_one_shows_itself_as_its_leader()
    {
        var cluster = await _node.JsonAsync("/api/v1/cluster");
        var member = cluster["members"]!.AsArray().Should().ContainSingle().Subject!;
        member["status"]!.GetValue<string>().Should().Be("up");
        member["address"]!.GetValue<string>().Should().Be(cluster["address"]!.GetValue<string>()).And.Be(cluster["leader"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_change_of_state_is_told_to_who_listens_to_the_events()
    {
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var answer = http.GetAsync(new Uri(_node.Url + "/api/v1/events"), HttpCompletionOption.ResponseHeadersRead, limit.Token);

        // The headers come with the first event, and nobody says when the subscription stands: something must happen until then.
        while (!answer.IsCompleted)
        {
            var before = await _node.UntilAsync("omega", s => s is { State: "healthy", Pid: not null });
            MarkedProcesses.Signal(before.Pid!.Value, MarkedProcesses.Kill);
            await _node.UntilAsync("omega", s => s.State == "healthy" && s.Pid is not null && s.Pid != before.Pid);
        }

        using var response = await answer;
        response.Content.Headers.ContentType!.MediaType.Should().Be("text/event-stream");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token));
        string? data = null;
        while (data is null && await reader.ReadLineAsync(limit.Token) is { } line)
        {
            data = line.StartsWith("data:", StringComparison.Ordinal) && line.Contains("\"omega\"", StringComparison.Ordinal) ? line[5..] : null;
        }

        var told = JsonNode.Parse(data!)!;
        told["name"]!.GetValue<string>().Should().Be("omega");
        told["state"]!.GetValue<string>().Should().NotBeEmpty();
        await _node.UntilAllHealthyAsync();
    }
}
