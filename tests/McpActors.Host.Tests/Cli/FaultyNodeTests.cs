using System.Net;
using System.Net.Sockets;
using FluentAssertions;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace McpActors.Host.Tests.Cli;

public sealed class FaultyNodeTests
{
    [Fact]
    public async Task A_problem_is_told_in_the_nodes_words_with_its_fix()
    {
        await using var node = await TestNode.StartAsync();
        node.On(
            "/api/v1/servers/ghost",
            """{"type":"about:blank","title":"Not found","status":404,"detail":"No server is named 'gh\u001bost\nDone.'.","fix":"mcpactors servers list shows the names."}""",
            404,
            "application/problem+json");

        var run = await CliRun.Of(node, "servers", "show", "ghost");

        run.Should().BeEquivalentTo(new
        {
            Status = 1,
            Output = "",
            Error = @"No server is named 'gh\u001bost\nDone.'. mcpactors servers list shows the names." + Environment.NewLine,
        });
    }

    [Theory]
    [InlineData(404, "does not know api/v1/cluster (404)")]
    [InlineData(500, "failed on api/v1/cluster (500). Its console says why.")]
    [InlineData(503, "failed on api/v1/cluster (503)")]
    [InlineData(401, "Ask its operator for access")]
    [InlineData(403, "Ask its operator for access")]
    [InlineData(302, "sends elsewhere (302)")]
    [InlineData(429, "refuses api/v1/cluster (429)")]
    public async Task A_bare_status_is_told_in_words(int status, string expected)
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/cluster", "<h1>oops</h1>", status, "text/html");

        var run = await CliRun.Of(node, "cluster", "show");

        run.Should().BeEquivalentTo(new { Status = 1, Output = "" });
        run.Error.Should().Contain(expected).And.Contain(node.Address).And.NotContain("<h1>");
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var node = await TestNode.WithFleetAsync();
        node.On("/api/v1/servers/x", context =>
        {
            context.Response.Redirect("/api/v1/cluster");
            return Task.CompletedTask;
        });

        (await CliRun.Of(node, "servers", "show", "x")).Status.Should().Be(1);
        node.Asked.Should().Equal("/api/v1/servers/x");
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("<!doctype html>")]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("{\"node\":")]
    public async Task What_is_not_a_json_object_is_no_node(string body)
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/cluster", body);

        var run = await CliRun.Of(node, "cluster", "show", "-o", "json");

        run.Should().BeEquivalentTo(new { Status = 1, Output = "" });
        run.Error.Should().Contain("its answer is not a JSON object").And.Contain("Check --node");
    }

    [Fact]
    public async Task What_is_not_utf8_is_no_node()
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/cluster", context => context.Response.Body.WriteAsync("{\"node\":\"\u00ff\"}"u8.ToArray().Select(b => b == 0xC3 ? (byte)0xFF : b).ToArray()).AsTask());

        (await CliRun.Of(node, "cluster", "show")).Error.Should().Contain("its answer is not a JSON object");
    }

    [Theory]
    [InlineData("""{"servers":[]}""")]
    [InlineData("""{"items":null}""")]
    [InlineData("""{"items":{}}""")]
    public async Task A_list_without_items_is_no_list(string body)
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/servers?limit=100", body);

        var run = await CliRun.Of(node, "servers", "list");

        run.Status.Should().Be(1);
        run.Error.Should().Contain("its answer holds no list");
    }

    [Fact]
    public async Task Fields_of_other_kinds_are_shown_as_they_are()
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/cluster", """{"node":7,"address":{"a":1},"leader":"\ud800","members":[3,{"address":true,"upNumber":1.5}]}""");

        var run = await CliRun.Of(node, "cluster", "show");

        run.Status.Should().Be(0);
        run.Lines.Should().Equal(
            "node | 7", """address | {"a":1}""", """leader | "\ud800" """.TrimEnd(), "member | - | - | - | -", "member | true | - | - | -");
    }

    [Fact]
    public async Task Where_nobody_listens_the_status_is_3_and_the_next_step_is_named()
    {
        var port = FreePort();

        var run = await CliRun.Of($"http://127.0.0.1:{port}", null, ["servers", "list"]);

        run.Should().BeEquivalentTo(new
        {
            Status = 3,
            Output = "",
            Error = $"No node answers at http://127.0.0.1:{port}. Start one with 'McpActors.Host --config .mcp.json', or name it with --node." + Environment.NewLine,
        });
    }

    [Fact]
    public async Task What_does_not_speak_http_is_no_node()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerOnceAsync(listener, "220 mail ready\r\n");

        var run = await CliRun.Of($"http://{listener.LocalEndpoint}", null, ["cluster", "show"]);

        await answering;
        run.Status.Should().Be(3);
        run.Error.Should().Contain("is no node");
    }

    [Fact]
    public async Task Https_to_a_plain_node_fails_in_words()
    {
        await using var node = await TestNode.WithFleetAsync();

        var run = await CliRun.Of(node.Address.Replace("http:", "https:", StringComparison.Ordinal), null, ["cluster", "show"]);

        run.Status.Should().Be(3);
        run.Error.Should().StartWith("No trusted TLS connection to https://127.0.0.1:");
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_given_up_after_the_timeout()
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/cluster", context => Task.Delay(Timeout.Infinite, context.RequestAborted));

        var run = await CliRun.Of(node, "cluster", "show", "--timeout", "200ms");

        run.Status.Should().Be(3);
        run.Error.Should().Contain("did not answer within 0.2 s").And.Contain("--timeout");
    }

    [Fact]
    public async Task A_node_that_stops_in_the_middle_is_given_up_after_the_timeout()
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/cluster", async context =>
        {
            await context.Response.WriteAsync("{");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        var run = await CliRun.Of(node, "cluster", "show", "--timeout", "300ms");

        run.Status.Should().Be(1);
        run.Error.Should().Contain("did not finish within 0.3 s");
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_is_told_in_words()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerOnceAsync(listener, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{");

        var run = await CliRun.Of($"http://{listener.LocalEndpoint}", null, ["cluster", "show"]);

        await answering;
        run.Status.Should().Be(1);
        run.Error.Should().Contain("broke off in the middle");
    }

    [Theory]
    [InlineData(200, 1, "larger than 32 MiB")]
    [InlineData(500, 1, "(500)")]
    public async Task An_endless_answer_is_cut(int status, int expected, string words)
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/cluster", async context =>
        {
            context.Response.StatusCode = status;
            var blanks = new byte[1024 * 1024];
            blanks.AsSpan().Fill((byte)' ');
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(blanks, context.RequestAborted);
            }
        });

        var run = await CliRun.Of(node, "cluster", "show");

        run.Status.Should().Be(expected);
        run.Error.Should().Contain(words);
    }

    [Fact]
    public async Task An_answer_that_announces_too_much_is_not_read()
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/cluster", async context =>
        {
            context.Response.ContentLength = 40L * 1024 * 1024;
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        (await CliRun.Of(node, "cluster", "show")).Error.Should().Contain("larger than 32 MiB");
    }

    [Fact]
    public async Task Pages_share_one_bound()
    {
        await using var node = await TestNode.StartAsync();
        var filler = new string('x', 12 * 1024 * 1024);
        string Page(string next) => $$"""{"items":["{{filler}}"],"nextCursor":{{next}}}""";
        node.On("/api/v1/servers?limit=100", Page("\"1\""))
            .On("/api/v1/servers?limit=100&cursor=1", Page("\"2\""))
            .On("/api/v1/servers?limit=100&cursor=2", Page("null"));

        (await CliRun.Of(node, "servers", "list")).Error.Should().Contain("larger than 32 MiB");
    }

    [Theory]
    [InlineData(28, 1, "The output could not be written: No space. Make room, or send it elsewhere.")]
    [InlineData(32, 0, "")]
    public async Task Output_that_cannot_be_written_is_a_failure_but_a_reader_that_left_is_not(int errno, int status, string message)
    {
        await using var node = await TestNode.WithFleetAsync();
        var error = new StringWriter();

        var result = await McpActors.Cli.CommandLineApp.RunAsync(
            ["cluster", "show"], TextReader.Null, new FailingWriter(errno), error, CliRun.Surroundings(node.Address));

        result.Should().Be(status);
        error.ToString().Trim().Should().Be(message);
    }

    [Fact]
    public async Task A_cancelled_verb_says_so()
    {
        await using var node = await TestNode.StartAsync();
        using var cancelled = new CancellationTokenSource();
        node.On("/api/v1/cluster", async context =>
        {
            await cancelled.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        var run = await CliRun.Of(node.Address, null, ["cluster", "show"], cancellation: cancelled.Token);

        run.Should().BeEquivalentTo(new { Status = 1, Error = "Interrupted before it was done." + Environment.NewLine });
    }

    /// <summary>Takes one connection, waits for the request, answers with these bytes and closes properly.</summary>
    private static async Task AnswerOnceAsync(TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync();
        var request = new byte[4096];
        (await client.GetStream().ReadAsync(request)).Should().BePositive();
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer));
        client.Client.Shutdown(SocketShutdown.Send);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class FailingWriter(int errno) : StringWriter
    {
        public override Task FlushAsync(CancellationToken cancellationToken) => throw new IOException("No space", errno);
    }
}
