using System.Text.Json.Nodes;
using Akka.Actor;
using FluentAssertions;
using McpActors.Actors.Management;
using McpActors.Actors.Servers;
using McpActors.Actors.Servers.Connections;
using McpActors.Actors.Tests.Support;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Xunit;
using Xunit.Abstractions;

namespace McpActors.Actors.Tests.Management;

/// <summary>What is read of a running server, and when it is read again.</summary>
public sealed class VersionActorSpec(ITestOutputHelper output) : VirtualTimeSpec(output)
{
    [Fact]
    public async Task The_handshake_tells_who_it_is_and_the_lists_what_it_declares()
    {
        await using var script = new ScriptedServer { Instructions = "Be kind." };
        script.On("tools/list", _ => ScriptedServer.Result(new JsonObject { ["tools"] = new JsonArray(ScriptedServer.Tool("one"), ScriptedServer.Tool("two")) }));
        var version = Start();
        await ConnectAsync(version, script);

        var report = await SurfaceAsync(version);
        report.ServerInfo.Should().Be(new ServerProtocol.ServerInfoReport("scripted", "1.2.3", null));
        report.Should().Match<ServerProtocol.VersionReport>(r => r.ProtocolVersion == "2025-06-18" && r.Era == "initialize");
        report.Surface.Should().Match<ServerProtocol.SurfaceReport>(s => s.Tools == 2 && s.Prompts == 0 && s.Complete && s.Sha256.Length == 64);
        var tools = Ask<ServerProtocol.ToolsReport>(version, new ServerProtocol.GetTools("alpha", 1, 50));
        tools.Items.Single()["name"]!.GetValue<string>().Should().Be("two");
        tools.Should().Match<ServerProtocol.ToolsReport>(t => t.Total == 2 && t.Sha256 == report.Surface!.Sha256);
    }

    [Fact]
    public void The_package_is_read_off_the_command_without_a_connection()
    {
        var definition = Define() with
        {
            Process = new ProcessDefinition("npx", ["-y", "some-server@1.2.3"], new Dictionary<string, string>(), Path.GetTempPath()),
        };
        var version = Parent.ChildActorOf(VersionActor.Props("alpha", definition, Node(definition)));

        var package = Next<VersionActor.Known>(Parent, k => k.Report.Package is not null).Report.Package;
        package.Should().Match<ServerProtocol.PackageReport>(p =>
            p.Ecosystem == "npm" && p.Name == "some-server" && p.Version == "1.2.3" && p.Pinned && p.File == "/fleet/.mcp.json" && p.Line == 3);
        Ask<ServerProtocol.VersionReport>(version, new ServerProtocol.GetVersion("alpha")).Package.Should().Be(package);
    }

    [Fact]
    public async Task Several_list_changes_lead_to_one_new_reading_when_they_have_settled()
    {
        await using var script = new ScriptedServer { Capabilities = new JsonObject { ["tools"] = new JsonObject(), ["prompts"] = new JsonObject() } };
        var version = Start();
        await ConnectAsync(version, script);
        var first = await SurfaceAsync(version);
        script.On("tools/list", _ => ScriptedServer.Result(new JsonObject { ["tools"] = new JsonArray(ScriptedServer.Tool("changed")) }));
        foreach (var kind in (string[])["tools", "prompts", "resources", "tools"])
        {
            await script.NotifyAsync($"notifications/{kind}/list_changed");
            Advance(TimeSpan.FromMilliseconds(500));
        }

        // Notifications take their time through the pipes: let the last one arrive before the settling ends.
        await script.NotifyAsync("notifications/tools/list_changed");
        for (var n = 0; n < 100 && script.Count("tools/list") < 2; n++)
        {
            Advance(TimeSpan.FromSeconds(1.1));
            await Task.Delay(30);
        }

        script.Count("tools/list").Should().Be(2);

        var second = Next<VersionActor.Known>(Parent, k => k.Report.Surface?.Sha256 != first.Surface!.Sha256 && k.Report.Surface is not null);
        second.Report.Surface!.Tools.Should().Be(1);
        await Settle(version);
        for (var n = 0; n < 5; n++)
        {
            Advance(TimeSpan.FromSeconds(1));
            await Settle(version);
        }

        script.Count("tools/list").Should().BeLessThanOrEqualTo(3, "five notices are not five readings");
    }

    [Fact]
    public async Task It_looks_again_every_half_hour_and_not_after_the_connection_ended()
    {
        await using var script = new ScriptedServer();
        var version = Start();
        await ConnectAsync(version, script);
        await SurfaceAsync(version);
        await Settle(version);
        Advance(TimeSpan.FromMinutes(29.9));
        await Settle(version);
        script.Count("tools/list").Should().Be(1);
        Advance(TimeSpan.FromMinutes(0.2));
        await Until(() => script.Count("tools/list") == 2, "the reading of the next half hour");

        version.Tell(new ConnectionEvent.Failed(FailureKind.ConnectionLost, "gone", new RestartStep(TimeSpan.FromSeconds(1), 1, false), false, 1));
        await Settle(version);
        Advance(TimeSpan.FromMinutes(31));
        await Settle(version);
        script.Count("tools/list").Should().Be(2);
    }

    [Fact]
    public async Task A_list_that_fails_degrades_and_the_next_good_reading_mends_it()
    {
        await using var script = new ScriptedServer();
        script.On("tools/list", _ => ScriptedServer.Error(-32603, "it broke"));
        var version = Start();
        await ConnectAsync(version, script);

        var examined = Next<HealthInput.Examined>(Parent);
        examined.Fault.Should().NotBeNullOrEmpty();
        Ask<ServerProtocol.VersionReport>(version, new ServerProtocol.GetVersion("alpha")).Surface.Should().BeNull();

        script.On("tools/list", _ => ScriptedServer.Result(new JsonObject { ["tools"] = new JsonArray() }));
        await Settle(version);
        Advance(TimeSpan.FromMinutes(30.1));
        Next<HealthInput.Examined>(Parent).Fault.Should().BeNull();
    }

    [Fact]
    public async Task A_reading_that_takes_too_long_is_given_up_after_thirty_seconds()
    {
        await using var script = new ScriptedServer();
        script.On("tools/list", _ => null);
        var version = Start();
        await ConnectAsync(version, script);
        await Until(() => script.Count("tools/list") == 1, "the reading is under way");

        Advance(TimeSpan.FromSeconds(30.1));

        Next<HealthInput.Examined>(Parent).Fault.Should().Contain("30 s");
    }

    [Fact]
    public async Task A_reading_of_an_old_connection_is_ignored()
    {
        await using var old = new ScriptedServer();
        await using var fresh = new ScriptedServer();
        var answer = new TaskCompletionSource<JsonObject?>(TaskCreationOptions.RunContinuationsAsynchronously);
        old.OnSlowly("tools/list", _ => answer.Task);
        fresh.On("tools/list", _ => ScriptedServer.Result(new JsonObject { ["tools"] = new JsonArray() }));
        var version = Start();
        await ConnectAsync(version, old);
        await Until(() => old.Count("tools/list") == 1, "the old connection is read");

        await ConnectAsync(version, fresh);
        (await SurfaceAsync(version)).Surface!.Tools.Should().Be(0);
        answer.SetResult(ScriptedServer.Result(new JsonObject { ["tools"] = new JsonArray(ScriptedServer.Tool("old")) }));
        Next<HealthInput.Examined>(Parent);
        Parent.ExpectNoMsg(Quiet);

        Ask<ServerProtocol.VersionReport>(version, new ServerProtocol.GetVersion("alpha")).Surface!.Tools.Should().Be(0);
    }

    [Fact]
    public async Task What_a_server_declares_is_shown_without_the_secrets_of_this_node()
    {
        const string Secret = "sk-0123456789abcdef0123456789abcdef";
        await using var script = new ScriptedServer();
        var leaky = ScriptedServer.Tool("leak");
        leaky["description"] = "Uses " + Secret;
        script.On("tools/list", _ => ScriptedServer.Result(new JsonObject { ["tools"] = new JsonArray(leaky.DeepClone()) }));
        var definition = Define() with { Secrets = [Secret] };
        var version = Parent.ChildActorOf(VersionActor.Props("alpha", definition, Node(definition)));
        await ConnectAsync(version, script);
        await SurfaceAsync(version);

        Ask<ServerProtocol.ToolsReport>(version, new ServerProtocol.GetTools("alpha", 0, 10)).Items.Single().ToJsonString()
            .Should().NotContain(Secret).And.Contain("Uses ");
    }

    private IActorRef Start()
    {
        var definition = Define();
        return Parent.ChildActorOf(VersionActor.Props("alpha", definition, Node(definition)));
    }

    private async Task ConnectAsync(IActorRef version, ScriptedServer script) => version.Tell(new ConnectionEvent.Connected(
        new FakeOpenServer(await script.ConnectAsync(Time), new LaunchedProcess(4711, Time.GetUtcNow(), ""))));

    private async Task<ServerProtocol.VersionReport> SurfaceAsync(IActorRef version)
    {
        var known = Next<VersionActor.Known>(Parent, k => k.Report.Surface is not null);
        await Settle(version);
        return known.Report;
    }

    private T Ask<T>(IActorRef version, object question)
    {
        var asker = CreateTestProbe();
        version.Tell(question, asker.Ref);
        return asker.ExpectMsg<T>(Bound);
    }
}
