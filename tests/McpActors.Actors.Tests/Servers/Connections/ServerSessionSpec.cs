using System.IO.Pipelines;
using System.Text.Json.Nodes;
using FluentAssertions;
using McpActors.Actors.Servers.Connections;
using McpActors.Actors.Tests.Support;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Connections;

/// <summary>Conversations over in-memory pipes: with the SDK's own server, and with one that does what servers should not.</summary>
public sealed class ServerSessionSpec
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("2024-11-05", "initialize")]
    [InlineData("2025-06-18", "initialize")]
    [InlineData(null, "discover")]
    public async Task The_sdks_own_server_is_probed_and_read_in_both_eras(string? revision, string era)
    {
        await using var real = await RealServer.StartAsync(revision, TimeProvider.System);
        var session = real.Session;

        session.Era.Should().Be(era);
        session.ServerInfo.Should().BeEquivalentTo(new { Name = "real", Version = "9.8.7" });
        var probe = await session.ProbeAsync(s_limit);
        probe.Should().Match<ProbeOutcome>(p => p.Answered && p.Detail == null && p.Latency > TimeSpan.Zero);
        var surface = await session.ReadSurfaceAsync(default);
        surface.Tools.Select(t => t["name"]!.GetValue<string>()).Should().Equal("one", "two");
        surface.Complete.Should().BeTrue();
        surface.Instructions.Should().Be("Be kind.");
    }

    [Fact]
    public async Task An_old_server_is_pinged_and_asked_nothing_else()
    {
        await using var script = new ScriptedServer();
        await using var session = await script.ConnectAsync(_time);
        (await session.ProbeAsync(s_limit)).Answered.Should().BeTrue();
        script.Calls.Should().Equal("initialize", "ping");
    }

    [Fact]
    public async Task A_new_server_is_discovered_and_asked_for_its_tools_only_where_it_has_any()
    {
        await using var script = new ScriptedServer(modern: true);
        await using var session = await script.ConnectAsync(_time);
        session.Era.Should().Be(ServerSession.DiscoverEra);
        (await session.ProbeAsync(s_limit)).Answered.Should().BeTrue();
        script.Calls.Should().Equal("server/discover", "server/discover", "tools/list");

        await using var toolless = new ScriptedServer(modern: true) { Capabilities = [] };
        await using var second = await toolless.ConnectAsync(_time);
        (await second.ProbeAsync(s_limit)).Answered.Should().BeTrue();
        toolless.Calls.Should().Equal("server/discover", "server/discover");
    }

    [Theory]
    [InlineData(-32601)]
    [InlineData(-32603)]
    [InlineData(-32000)]
    public async Task A_ping_answered_by_an_error_is_a_sign_of_life(int code)
    {
        await using var script = new ScriptedServer();
        script.On("ping", _ => ScriptedServer.Error(code, "not today"));
        await using var session = await script.ConnectAsync(_time);
        (await session.ProbeAsync(s_limit)).Should().Match<ProbeOutcome>(p => p.Answered && p.Detail == null);
    }

    [Fact]
    public async Task A_new_server_whose_tools_fail_lives_and_says_so()
    {
        await using var script = new ScriptedServer(modern: true);
        script.On("tools/list", _ => ScriptedServer.Error(-32603, "hunter2"));
        await using var session = await script.ConnectAsync(_time);
        (await session.ProbeAsync(s_limit)).Should().Match<ProbeOutcome>(p => p.Answered && p.Detail == "tools/list fails with -32603.");
    }

    [Fact]
    public async Task A_probe_that_nobody_answers_ends_at_its_limit()
    {
        await using var script = new ScriptedServer();
        script.On("ping", _ => null);
        await using var session = await script.ConnectAsync(_time);
        var probe = session.ProbeAsync(s_limit);
        await VirtualTimeSpec.Until(() => script.Count("ping") == 1, "the ping arrives");
        _time.Advance(TimeSpan.FromSeconds(4.9));
        probe.IsCompleted.Should().BeFalse();
        _time.Advance(TimeSpan.FromSeconds(0.2));

        var outcome = await probe.WaitAsync(s_bound);
        outcome.Should().Match<ProbeOutcome>(p => p.Failure == FailureKind.Timeout && p.Detail == "No answer within 5 s.");
        outcome.Latency.Should().BeCloseTo(TimeSpan.FromSeconds(5.1), TimeSpan.FromMilliseconds(1));

        // The conversation goes on when the server does.
        script.On("ping", _ => ScriptedServer.Result([]));
        (await session.ProbeAsync(s_limit).WaitAsync(s_bound)).Answered.Should().BeTrue();
    }

    [Fact]
    public async Task A_server_that_does_not_read_its_input_ends_a_probe_at_its_limit_too()
    {
        // The pipe takes a little and then blocks the writer, as a full kernel buffer does; no token frees such a write.
        await using var script = new ScriptedServer();
        await using var session = await script.ConnectAsync(_time, stalled: true);
        var probe = session.ProbeAsync(s_limit);
        probe.IsCompleted.Should().BeFalse();
        await Task.Yield();
        _time.Advance(TimeSpan.FromSeconds(5.1));
        (await probe.WaitAsync(s_bound)).Failure.Should().Be(FailureKind.Timeout);
    }

    [Fact]
    public async Task An_answer_cut_at_its_bound_ends_the_probe_at_once()
    {
        await using var script = new ScriptedServer();
        script.On("ping", _ => null);
        await using var session = await script.ConnectAsync(_time);
        var probe = session.ProbeAsync(s_limit);
        await VirtualTimeSpec.Until(() => script.Count("ping") == 1, "the ping arrives");
        session.Cut("A line of more than 16 MiB was cut.");
        (await probe.WaitAsync(s_bound)).Should().Match<ProbeOutcome>(p => p.Failure == FailureKind.Oversized && p.Detail!.Contains("16 MiB"));

        // Only what is cut during a probe belongs to it.
        script.On("ping", _ => ScriptedServer.Result([]));
        (await session.ProbeAsync(s_limit).WaitAsync(s_bound)).Answered.Should().BeTrue();
    }

    [Fact]
    public async Task A_conversation_that_ends_is_told_and_its_probe_fails()
    {
        await using var script = new ScriptedServer();
        script.On("ping", _ => null);
        await using var session = await script.ConnectAsync(_time);
        var probe = session.ProbeAsync(s_limit);
        await VirtualTimeSpec.Until(() => script.Count("ping") == 1, "the ping arrives");
        await script.HangUpAsync();

        (await session.Ended.WaitAsync(s_bound)).Should().Be("The connection ended.");
        (await probe.WaitAsync(s_bound)).Failure.Should().Be(FailureKind.ConnectionLost);
    }

    [Fact]
    public async Task Every_page_is_read_in_order()
    {
        await using var script = new ScriptedServer();
        script.On("tools/list", request => (request["params"]?["cursor"]?.GetValue<string>() ?? "") switch
        {
            "" => Page("a", "p2"),
            "p2" => Page("b", "p3"),
            _ => Page("c", null),
        });
        await using var session = await script.ConnectAsync(_time);
        var surface = await session.ReadSurfaceAsync(default);
        surface.Tools.Select(t => t["name"]!.GetValue<string>()).Should().Equal("a", "b", "c");
        surface.Complete.Should().BeTrue();
    }

    [Fact]
    public async Task A_cursor_without_end_is_cut_after_a_hundred_pages()
    {
        await using var script = new ScriptedServer();
        var pages = 0;
        script.On("tools/list", _ => Page("t" + pages, "p" + ++pages));
        await using var session = await script.ConnectAsync(_time);
        var surface = await session.ReadSurfaceAsync(default).WaitAsync(s_bound);
        surface.Complete.Should().BeFalse();
        script.Count("tools/list").Should().Be(100);
    }

    [Fact]
    public async Task A_cursor_that_comes_again_is_cut_at_once()
    {
        await using var script = new ScriptedServer();
        script.On("tools/list", _ => Page("t", "same"));
        await using var session = await script.ConnectAsync(_time);
        var surface = await session.ReadSurfaceAsync(default).WaitAsync(s_bound);
        surface.Complete.Should().BeFalse();
        script.Count("tools/list").Should().Be(2);
    }

    [Fact]
    public async Task Too_many_items_are_cut_at_five_thousand_over_all_lists()
    {
        await using var script = new ScriptedServer { Capabilities = new JsonObject { ["tools"] = new JsonObject(), ["prompts"] = new JsonObject() } };
        JsonObject Many(string key) => ScriptedServer.Result(new JsonObject { [key] = new JsonArray([.. Enumerable.Range(0, 3000).Select(n => new JsonObject { ["name"] = "n" + n })]) });
        script.On("tools/list", _ => Many("tools"));
        script.On("prompts/list", _ => Many("prompts"));
        await using var session = await script.ConnectAsync(_time);
        var surface = await session.ReadSurfaceAsync(default).WaitAsync(s_bound);
        surface.Complete.Should().BeFalse();
        (surface.Tools.Count + surface.Prompts.Count).Should().Be(5000);
    }

    [Fact]
    public async Task More_than_eight_megabytes_of_declarations_are_cut()
    {
        await using var script = new ScriptedServer();
        var text = new string('x', 1024 * 1024);
        var pages = 0;
        script.On("tools/list", _ => ScriptedServer.Result(new JsonObject { ["tools"] = new JsonArray(new JsonObject { ["name"] = text }), ["nextCursor"] = "p" + ++pages }));
        await using var session = await script.ConnectAsync(_time);
        var surface = await session.ReadSurfaceAsync(default).WaitAsync(s_bound);
        surface.Complete.Should().BeFalse();
        pages.Should().Be(8);
    }

    [Fact]
    public async Task Lists_that_are_not_promised_are_not_asked_for_and_missing_templates_are_forgiven()
    {
        await using var script = new ScriptedServer { Capabilities = new JsonObject { ["resources"] = new JsonObject() } };
        script.On("resources/list", _ => ScriptedServer.Result(new JsonObject { ["resources"] = new JsonArray(new JsonObject { ["uri"] = "file:///a", ["name"] = "a" }) }));
        await using var session = await script.ConnectAsync(_time);
        var surface = await session.ReadSurfaceAsync(default);
        surface.Resources.Should().ContainSingle();
        surface.ResourceTemplates.Should().BeEmpty();
        surface.Complete.Should().BeTrue();
        script.Calls.Should().Equal("initialize", "resources/list", "resources/templates/list");
    }

    [Theory]
    [InlineData("tools/list")]
    [InlineData("resources/templates/list")]
    public async Task A_list_that_fails_otherwise_fails_the_reading(string method)
    {
        await using var script = new ScriptedServer { Capabilities = new JsonObject { ["tools"] = new JsonObject(), ["resources"] = new JsonObject() } };
        script.On(method, _ => ScriptedServer.Error(-32603, "broken"));
        await using var session = await script.ConnectAsync(_time);
        await session.Awaiting(s => s.ReadSurfaceAsync(default)).Should().ThrowAsync<McpException>();
    }

    [Theory]
    [InlineData("""{"tools":"none"}""")]
    [InlineData("""{"tools":{"a":1}}""")]
    [InlineData("""{"tools":null}""")]
    [InlineData("""{}""")]
    [InlineData("""{"tools":[null,null],"nextCursor":7}""")]
    public async Task A_list_of_the_wrong_shape_is_read_as_empty(string result)
    {
        await using var script = new ScriptedServer();
        script.On("tools/list", _ => ScriptedServer.Result(JsonNode.Parse(result)!.AsObject()));
        await using var session = await script.ConnectAsync(_time);
        (await session.ReadSurfaceAsync(default).WaitAsync(s_bound)).Tools.Should().BeEmpty();
    }

    [Fact]
    public async Task Secrets_of_this_node_are_not_repeated_from_what_the_server_calls_itself()
    {
        const string Secret = "sk-0123456789abcdef0123456789abcdef";
        await using var script = new ScriptedServer();
        script.On("initialize", request => ScriptedServer.Result(new JsonObject
        {
            ["protocolVersion"] = request["params"]!["protocolVersion"]!.DeepClone(),
            ["capabilities"] = new JsonObject(),
            ["serverInfo"] = new JsonObject { ["name"] = "with " + Secret, ["version"] = new string('9', 5000), ["title"] = Secret },
        }));
        await using var session = await script.ConnectAsync(_time, new SecretScrubber([Secret]));
        session.ServerInfo!.ToString().Should().NotContain(Secret);
        session.ServerInfo.Version!.Length.Should().BeLessThanOrEqualTo(200);
    }

    [Fact]
    public async Task Closing_is_told_and_may_happen_twice()
    {
        await using var script = new ScriptedServer();
        var session = await script.ConnectAsync(TimeProvider.System);
        await session.DisposeAsync();
        await session.DisposeAsync();
        (await session.Ended.WaitAsync(s_bound)).Should().Be("It was closed.");
        (await session.ProbeAsync(TimeSpan.FromMilliseconds(500)).WaitAsync(s_bound)).Answered.Should().BeFalse();
    }

    private static JsonObject Page(string tool, string? next)
    {
        var result = new JsonObject { ["tools"] = new JsonArray(ScriptedServer.Tool(tool)) };
        if (next is not null)
        {
            result["nextCursor"] = next;
        }

        return ScriptedServer.Result(result);
    }

    /// <summary>The SDK's server and the product's client, joined by two pipes.</summary>
    private sealed class RealServer : IAsyncDisposable
    {
        private readonly Pipe _up = new();
        private readonly Pipe _down = new();
        private readonly CancellationTokenSource _stop = new();
        private McpServer _server = null!;
        private Task _running = Task.CompletedTask;

        public ServerSession Session { get; private set; } = null!;

        public static async Task<RealServer> StartAsync(string? revision, TimeProvider time)
        {
            var real = new RealServer();
            real._server = McpServer.Create(
                new StreamServerTransport(real._up.Reader.AsStream(), real._down.Writer.AsStream(), "real", NullLoggerFactory.Instance),
                new McpServerOptions
                {
                    ServerInfo = new Implementation { Name = "real", Version = "9.8.7" },
                    ServerInstructions = "Be kind.",
                    ToolCollection = [Tool("one"), Tool("two")],
                },
                NullLoggerFactory.Instance,
                serviceProvider: null);
            real._running = real._server.RunAsync(real._stop.Token);
            var client = await McpClient.CreateAsync(
                new StreamClientTransport(real._up.Writer.AsStream(), real._down.Reader.AsStream(), NullLoggerFactory.Instance),
                new McpClientOptions { ProtocolVersion = revision },
                NullLoggerFactory.Instance);
            real.Session = new ServerSession(client, null, time, SecretScrubber.None);
            return real;
        }

        public async ValueTask DisposeAsync()
        {
            await Session.DisposeAsync();
            await _stop.CancelAsync();
            await _up.Writer.CompleteAsync();
            try
            {
                await _running.WaitAsync(s_bound);
            }
            catch (OperationCanceledException)
            {
                // That is how it is told to end.
            }

            await _server.DisposeAsync();
            _stop.Dispose();
        }

        private static McpServerTool Tool(string name) => McpServerTool.Create((string text) => text, new McpServerToolCreateOptions { Name = name });
    }
}
