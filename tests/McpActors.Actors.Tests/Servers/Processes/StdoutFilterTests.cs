using System.Text;
using FluentAssertions;
using McpActors.Actors.Servers.Processes;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Processes;

[Collection(AloneOnTheMachine.Name)]
public sealed class StdoutFilterTests : IAsyncLifetime
{
    private readonly Processes _processes = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _processes.StopAllAsync();

    [Theory]
    [InlineData("{\"a\":1}\n", "{\"a\":1}\n")]
    [InlineData("  {\"a\":1}\r\n", "  {\"a\":1}\r\n")]
    [InlineData("\uFEFF{\"a\":1}\n", "\uFEFF{\"a\":1}\n")]
    [InlineData("[{\"a\":1}]\n", "[{\"a\":1}]\n")]
    [InlineData("{}\n", "{}\n")]
    [InlineData("{\"no\":\"end\"}", "{\"no\":\"end\"}")]
    [InlineData("\n \n\t\n", "")]
    [InlineData("hello\n{\"a\":1}\nworld", "{\"a\":1}\n")]
    [InlineData("[INFO] ready\n", "")]
    [InlineData("{ ready }\n", "")]
    [InlineData("", "")]
    public async Task Only_lines_that_can_be_messages_pass(string written, string passed)
    {
        (await ThroughAsync(written)).Text.Should().Be(passed);
    }

    [Fact]
    public async Task However_the_bytes_are_cut_the_same_lines_pass()
    {
        const string Text = "banner\n{\"a\":\"ü€𝄞\"}\n\n[1] starting\n{\"b\":[1,2,3]}\r\n  x\n{\"c\":{}}";
        for (var size = 1; size < 40; size++)
        {
            var (text, filter) = await ThroughAsync(Text, size, readSize: (size * 7 % 13) + 1);

            text.Should().Be("{\"a\":\"ü€𝄞\"}\n{\"b\":[1,2,3]}\r\n{\"c\":{}}", $"pieces of {size} bytes change nothing");
            filter.GarbageLines.Should().Be(3);
            filter.LinesPassed.Should().Be(3);
            filter.BytesSeen.Should().Be(Encoding.UTF8.GetByteCount(Text));
        }
    }

    [Fact]
    public async Task A_synchronous_reader_gets_the_same()
    {
        using var filter = new StdoutFilter(new Pieces("x\n{\"a\":1}\n", 3));
        using var reader = new StreamReader(filter);

        (await Task.Run(reader.ReadToEnd)).Should().Be("{\"a\":1}\n");
    }

    [Fact]
    public async Task Garbage_is_remembered_scrubbed_escaped_and_cut()
    {
        var told = new List<string>();
        var lines = string.Concat(Enumerable.Range(1, 8).Select(i => $"line {i}\n")) + "key=hunter2 \u001b[31mred\n" + new string('y', 10_000) + "\n";

        var (text, filter) = await ThroughAsync(lines, options: new StdoutFilterOptions
        {
            Scrub = line => line.Replace("hunter2", "***", StringComparison.Ordinal),
            Garbage = told.Add,
        });

        text.Should().BeEmpty();
        filter.GarbageLines.Should().Be(10);
        filter.RecentGarbage.Should().HaveCount(5);
        filter.RecentGarbage[3].Should().Be("key=*** \\x1b[31mred");
        filter.RecentGarbage[4].Should().StartWith(new string('y', 200)).And.EndWith("(cut)").And.HaveLength(207);
        told.Should().HaveCount(10);
    }

    [Fact]
    public async Task A_line_at_the_bound_passes_and_one_byte_more_is_dropped_whole()
    {
        var options = new StdoutFilterOptions { MaxLineBytes = 1024 };
        var fits = "{\"" + new string('x', 1022);
        var (text, filter) = await ThroughAsync($"{fits}\n{fits}x\n{{\"after\":1}}\n", 100, options: options);

        text.Should().Be($"{fits}\n{{\"after\":1}}\n");
        filter.OversizedLines.Should().Be(1);
    }

    [Fact]
    public async Task An_over_long_line_is_told_before_its_end_and_once()
    {
        var told = new List<string>();
        var inner = new Endless("{\"a\":\"");
        await using var filter = new StdoutFilter(inner, new StdoutFilterOptions { MaxLineBytes = 1024 * 1024, OversizedLine = told.Add });

        using var enough = new CancellationTokenSource();
        inner.After(64 * 1024 * 1024, enough.Cancel);
        var read = async () => await filter.ReadAsync(new byte[4096], enough.Token);
        await read.Should().ThrowAsync<OperationCanceledException>();

        told.Should().ContainSingle().Which.Should().Contain("more than 1 MiB");
        filter.OversizedLines.Should().Be(1);
        filter.BytesSeen.Should().BeGreaterThanOrEqualTo(64 * 1024 * 1024);
        filter.BytesHeld.Should().BeLessThanOrEqualTo(64 * 1024);
    }

    [Fact]
    public async Task Invalid_UTF8_passes_as_it_is()
    {
        byte[] bytes = [(byte)'{', (byte)'"', 0xff, 0xfe, 0xc3, (byte)'"', (byte)'}', (byte)'\n', 0xff, 0xff, (byte)'\n'];
        await using var filter = new StdoutFilter(new MemoryStream(bytes));
        using var result = new MemoryStream();

        await filter.CopyToAsync(result);

        result.ToArray().Should().Equal(bytes[..8]);
        filter.GarbageLines.Should().Be(1);
    }

    [Fact]
    public async Task A_quiet_server_costs_no_buffer()
    {
        var child = _processes.Shell("exec cat");
        await using var filter = new StdoutFilter(child.Stdout);
        var reader = new StreamReader(filter);
        var line = reader.ReadLineAsync();
        await child.Stdin.WriteAsync("{\"a\":1}\n"u8.ToArray());
        (await line.WaitAsync(Processes.Bound)).Should().Be("{\"a\":1}");

        var waiting = reader.ReadLineAsync();

        waiting.IsCompleted.Should().BeFalse();
        filter.BytesHeld.Should().Be(0);
    }

    [Fact]
    public async Task A_real_client_speaks_through_banners_and_gets_large_answers()
    {
        var child = _processes.Fault("--banner", "--huge-answer", "3000000", "--era", "both");
        await using var filter = new StdoutFilter(child.Stdout);
        await using var client = await McpClient.CreateAsync(new StreamClientTransport(child.Stdin, filter)).WaitAsync(Processes.Bound);

        var answer = await client.CallToolAsync("echo", new Dictionary<string, object?> { ["text"] = "x" });

        answer.Content.Should().ContainSingle();
        filter.GarbageLines.Should().Be(3);
    }

    [Theory]
    [InlineData("legacy", "2025-11-25")]
    [InlineData("2026", "2026-07-28")]
    public async Task The_fault_server_without_faults_is_a_correct_server(string era, string revision)
    {
        var child = _processes.Fault("--era", era, "--tools", "250");
        await using var filter = new StdoutFilter(child.Stdout);
        await using var client = await McpClient.CreateAsync(new StreamClientTransport(child.Stdin, filter)).WaitAsync(Processes.Bound);

        client.NegotiatedProtocolVersion.Should().Be(revision);
        client.ServerInfo?.Name.Should().Be("fault-server");
        (await client.ListToolsAsync()).Should().HaveCount(250);
    }

    [Fact]
    public async Task A_real_line_without_end_is_noticed_while_it_is_written()
    {
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var child = _processes.Fault("--endless-line");
        await using var filter = new StdoutFilter(child.Stdout, new StdoutFilterOptions { OversizedLine = text => told.TrySetResult(text) });
        var reading = new StreamReader(filter).ReadToEndAsync();
        await child.Stdin.WriteAsync("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}}\n"u8.ToArray());

        (await told.Task.WaitAsync(Processes.Bound)).Should().Contain("more than 16 MiB");

        Native.Kill(child.Pid, Native.SigKill);
        (await reading.WaitAsync(Processes.Bound)).Should().BeEmpty();
    }

    private static async Task<(string Text, StdoutFilter Filter)> ThroughAsync(
        string written, int pieceSize = 5, int readSize = 64, StdoutFilterOptions? options = null)
    {
        var filter = new StdoutFilter(new Pieces(written, pieceSize), options);
        using var result = new MemoryStream();
        var buffer = new byte[readSize];
        int read;
        while ((read = await filter.ReadAsync(buffer)) > 0)
        {
            result.Write(buffer, 0, read);
        }

        (await filter.ReadAsync(buffer)).Should().Be(0, "an end stays an end");
        filter.BytesHeld.Should().Be(0);
        return (Encoding.UTF8.GetString(result.ToArray()), filter);
    }

    /// <summary>A stream that gives a text in small pieces.</summary>
    private sealed class Pieces(string text, int size) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, size)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, size));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer[..Math.Min(buffer.Length, size)].Span));
    }

    /// <summary>A line that begins and never ends.</summary>
    private sealed class Endless(string begin) : MemoryStream(Encoding.UTF8.GetBytes(begin))
    {
        private long _given;
        private long _limit;
        private Action? _then;

        public void After(long bytes, Action then)
        {
            _limit = bytes;
            _then = then;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_given > _limit)
            {
                _then?.Invoke();
            }

            cancellationToken.ThrowIfCancellationRequested();
            var read = await base.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                buffer.Span.Fill((byte)'x');
                read = buffer.Length;
            }

            _given += read;
            return read;
        }
    }
}
