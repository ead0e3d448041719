using System.Net;
using FluentAssertions;
using ModelContextProtocol.Client;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Processes;

/// <summary>A fault that does not happen would make other tests worthless, so the faults themselves are tested.</summary>
[Collection(AloneOnTheMachine.Name)]
public sealed class FaultServerTests : IAsyncLifetime
{
    private const string Ping = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}";
    private readonly Processes _processes = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _processes.StopAllAsync();

    [Theory]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}", "--slow-drip")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}", "--delay-ms", "50")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32601,\"message\":\"Method not found: ping\"}}", "--era", "2026")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32603,\"message\":\"ping is broken today\"}}", "--error-on-ping")]
    [InlineData("this is no JSON at all", "--garbage-only")]
    public async Task It_answers_a_ping_as_it_is_told(string answer, params string[] args)
    {
        var child = _processes.Fault(args);

        await child.Stdin.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Ping + "\n"));

        (await new StreamReader(child.Stdout).ReadLineAsync().WaitAsync(Processes.Bound)).Should().Be(answer);
    }

    [Fact]
    public async Task It_falls_silent_after_so_many_answers()
    {
        var file = Path.GetTempFileName();
        var child = _processes.Fault("--mute-after", "2", "--effects", file);
        var reader = new StreamReader(child.Stdout);
        for (var i = 0; i < 3; i++)
        {
            await child.Stdin.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Ping + "\n"));
        }

        await reader.ReadLineAsync().WaitAsync(Processes.Bound);
        await reader.ReadLineAsync().WaitAsync(Processes.Bound);
        await Processes.Until(() => child.UnreadInput() == 0);

        reader.ReadLineAsync().IsCompleted.Should().BeFalse();
        (await File.ReadAllLinesAsync(file)).Should().Equal("ping 7", "ping 7");
        File.Delete(file);
    }

    [Fact]
    public async Task It_refuses_initialize_once_discover_was_seen()
    {
        var child = _processes.Fault("--refuse-initialize-after-discover");
        var reader = new StreamReader(child.Stdout);
        await child.Stdin.WriteAsync("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\"}}\n"u8.ToArray());

        (await reader.ReadLineAsync().WaitAsync(Processes.Bound)).Should().Contain("-32601");
        (await reader.ReadLineAsync().WaitAsync(Processes.Bound)).Should().Contain("-32022").And.Contain("\"requested\":\"2025-06-18\"");
    }

    [Fact]
    public async Task It_crashes_after_so_many_seconds()
    {
        var child = _processes.Fault("--crash-after", "0.1");

        (await child.Exited.WaitAsync(Processes.Bound)).Code.Should().Be(70);
    }

    [Fact]
    public async Task It_refuses_a_misspelt_fault()
    {
        var child = _processes.Fault("--hang-at-strat");

        (await child.Exited.WaitAsync(Processes.Bound)).Code.Should().Be(2);
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("2026")]
    public async Task It_serves_Streamable_HTTP(string era)
    {
        var url = await HttpAsync("--era", era);
        await using var client = await McpClient.CreateAsync(new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = url,
            TransportMode = HttpTransportMode.StreamableHttp,
        })).WaitAsync(Processes.Bound);

        (await client.ListToolsAsync()).Should().ContainSingle().Which.Name.Should().Be("echo");
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, "text/html", "--http-html")]
    [InlineData(HttpStatusCode.Unauthorized, "text/plain", "--http-401")]
    [InlineData(HttpStatusCode.ServiceUnavailable, "text/plain", "--http-status", "503")]
    public async Task It_misbehaves_over_HTTP(HttpStatusCode status, string type, params string[] args)
    {
        using var http = new HttpClient();
        using var response = await http.PostAsync(await HttpAsync(args), new StringContent(Ping));

        response.StatusCode.Should().Be(status);
        response.Content.Headers.ContentType!.MediaType.Should().Be(type);
        response.Headers.WwwAuthenticate.Should().HaveCount(status == HttpStatusCode.Unauthorized ? 1 : 0);
    }

    [Fact]
    public void It_exists_in_the_same_configuration() => File.Exists(Processes.FaultServer).Should().BeTrue(Processes.FaultServer);

    private async Task<Uri> HttpAsync(params string[] args)
    {
        const string Announcement = "listening on ";
        _processes.Fault(["--http", "0", .. args]);
        await Processes.Until(() => _processes.Stderr.Contains(Announcement, StringComparison.Ordinal) && _processes.Stderr.EndsWith('\n'));
        return new Uri(_processes.Stderr.Split(Announcement)[^1].Trim());
    }
}
