using System.Text;
using FluentAssertions;
using McpActors.Cli.Api;
using McpActors.Cli.Servers;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace McpActors.Host.Tests.Cli;

public sealed class StreamTests
{
    private const string Changed = """{"name":"everything","state":"wedged","cause":"No answer.\u0007","at":"2026-11-23T02:13:00Z","node":"node-1"}""";

    [Theory]
    [InlineData("text", @"2026-11-23T02:13:00Z | everything | wedged | node-1 | No answer.\u0007")]
    [InlineData("json", Changed)]
    public async Task Watch_prints_changes_as_they_happen_until_it_is_interrupted(string format, string expected)
    {
        await using var node = await TestNode.StartAsync();
        using var interrupted = new CancellationTokenSource();
        node.On("/api/v1/events", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync($": hello\nevent: other\ndata: 1\n\nid: 4\r\nevent: server_state\r\ndata: {Changed}\r\n\r\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var output = new CancelAfterLine(interrupted);
        var error = new StringWriter();

        var status = await McpActors.Cli.CommandLineApp.RunAsync(
            ["servers", "watch", "-o", format, "--timeout", "5s"], TextReader.Null, output, error, CliRun.Surroundings(node.Address), interrupted.Token);

        status.Should().Be(0);
        output.ToString().Should().Be(expected + Environment.NewLine);
        error.ToString().Should().BeEmpty();
    }

    [Fact]
    public async Task A_stream_that_ends_is_status_3()
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/events", ": bye\n\n", type: "text/event-stream");

        var run = await CliRun.Of(node, "servers", "watch");

        run.Status.Should().Be(3);
        run.Error.Should().Contain("ended the stream");
    }

    [Theory]
    [InlineData("{}", "application/json", "its answer is no stream of events")]
    [InlineData("event: server_state\ndata: nonsense\n\n", "text/event-stream", "is not a JSON object")]
    public async Task What_is_no_stream_of_changes_is_refused(string body, string type, string expected)
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/events", body, type: type);

        var run = await CliRun.Of(node, "servers", "watch");

        run.Status.Should().Be(1);
        run.Error.Should().Contain(expected);
    }

    [Theory]
    [InlineData("", "one of its lines is without an end")]
    [InlineData("\ndata: ", "one of its events is without an end")]
    public async Task An_endless_event_is_cut(string between, string expected)
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/events", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: ");
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(new string('x', 50_000) + between, context.RequestAborted);
            }
        });

        var run = await CliRun.Of(node, "servers", "watch");

        run.Status.Should().Be(1);
        run.Error.Should().Contain(expected);
    }

    [Theory]
    [InlineData("data: a\ndata:b\ndata\n\n", "message:a\\nb\\n")]
    [InlineData("event: x\ndata: 1\r\rdata: 2\r\n\r\n", "x:1,message:2")]
    [InlineData("event: x\n\ndata: 1\n\n", "message:1")]
    [InlineData(": c\nretry: 5\nid: 1\nother\ndata: 1\n\n", "message:1")]
    [InlineData("data:  two blanks\n\n", "message: two blanks")]
    [InlineData("data: unfinished\n", "")]
    [InlineData("data: unfinished", "")]
    public async Task Event_streams_are_read_as_the_standard_says(string stream, string expected)
    {
        // One byte at a time: the border of two packets may fall anywhere.
        var reader = new BoundedLineReader(new Dripping(Encoding.UTF8.GetBytes(stream)));
        var parser = new EventParser();
        var events = new List<string>();
        while (await reader.ReadAsync(CancellationToken.None) is { } line)
        {
            if (parser.Push(line) is { } complete)
            {
                events.Add($"{complete.Type}:{complete.Data.Replace("\n", "\\n", StringComparison.Ordinal)}");
            }
        }

        string.Join(',', events).Should().Be(expected);
    }

    [Theory]
    [InlineData("", "", "", false)]
    [InlineData("", "ab", "ab", false)]
    [InlineData("abc", "abc", "", false)]
    [InlineData("abc", "abcd", "d", false)]
    [InlineData("abc", "bcd", "d", false)]
    [InlineData("abc", "cde", "de", false)]
    [InlineData("abc", "def", "def", true)]
    [InlineData("aaa", "aaab", "b", false)]
    [InlineData("aba", "baab", "ab", false)]
    [InlineData("abc", "", "", false)]
    public void Lines_that_follow_are_found_by_overlap(string older, string newer, string fresh, bool gap)
    {
        var found = LogFollowing.Fresh(older.ToList(), newer.ToList(), (one, other) => one == other);

        string.Concat(found.Fresh).Should().Be(fresh);
        found.Gap.Should().Be(gap);
    }

    [Fact]
    public async Task Following_a_log_prints_the_tail_and_then_only_new_lines()
    {
        await using var node = await TestNode.StartAsync();
        using var interrupted = new CancellationTokenSource();
        var asked = 0;
        node.On("/api/v1/servers/x/logs?tail=1000", async context =>
        {
            string[] lines = Interlocked.Increment(ref asked) == 1 ? ["one", "two", "three"] : ["one", "two", "three", "four"];
            var body = string.Join(',', lines.Select(line => $$"""{"at":"t","stream":"stderr","text":"{{line}}"}"""));
            await context.Response.WriteAsync($$"""{"lines":[{{body}}]}""");
        });
        var output = new CancelAfterLine(interrupted, "four");

        var status = await McpActors.Cli.CommandLineApp.RunAsync(
            ["servers", "logs", "x", "--tail", "2", "--follow"], TextReader.Null, output, TextWriter.Null, CliRun.Surroundings(node.Address), interrupted.Token);

        status.Should().Be(0);
        output.ToString().ReplaceLineEndings("\n").Should().Be("t | stderr | two\nt | stderr | three\nt | stderr | four\n");
    }

    /// <summary>Cancels as soon as a line was written that holds a word; a person pressing Ctrl-C.</summary>
    private sealed class CancelAfterLine(CancellationTokenSource source, string word = "") : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value!.Contains(word, StringComparison.Ordinal))
            {
                source.CancelAfter(TimeSpan.Zero);
            }
        }
    }

    private sealed class Dripping(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..1], cancellationToken);
    }
}
