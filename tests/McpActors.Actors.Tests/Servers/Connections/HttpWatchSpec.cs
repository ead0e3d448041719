using System.Net;
using System.Text;
using FluentAssertions;
using McpActors.Actors.Servers.Connections;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Connections;

/// <summary>What is remembered of the last request, and where an answer is cut.</summary>
public sealed class HttpWatchSpec
{
    [Fact]
    public async Task The_last_answer_is_remembered_until_it_is_reset()
    {
        var (watch, client) = Watch(_ => Answer("application/json; charset=utf-8", new MemoryStream("{}"u8.ToArray())));
        (await client.GetStringAsync(new Uri("http://a/"))).Should().Be("{}");
        (watch.LastStatus, watch.LastMediaType, watch.Oversized).Should().Be((HttpStatusCode.OK, "application/json", false));
        watch.Reset();
        (watch.LastStatus, watch.LastMediaType, watch.LastError).Should().Be((null, null, null));
    }

    [Fact]
    public async Task The_farewell_of_a_session_does_not_colour_the_verdict()
    {
        var (watch, client) = Watch(request => request.Method == HttpMethod.Delete ? throw new HttpRequestException("gone") : Answer("application/json", new MemoryStream("{}"u8.ToArray())));
        await client.GetStringAsync(new Uri("http://a/"));
        await FluentActions.Awaiting(() => client.DeleteAsync(new Uri("http://a/"))).Should().ThrowAsync<HttpRequestException>();
        watch.LastStatus.Should().Be(HttpStatusCode.OK);
        watch.LastError.Should().BeNull();
    }

    [Fact]
    public async Task What_was_thrown_instead_of_an_answer_is_remembered()
    {
        var (watch, client) = Watch(_ => throw new HttpRequestException("refused"));
        await FluentActions.Awaiting(() => client.GetStringAsync(new Uri("http://a/"))).Should().ThrowAsync<HttpRequestException>();
        watch.LastError.Should().BeOfType<HttpRequestException>();
        watch.LastStatus.Should().BeNull();
    }

    [Fact]
    public async Task An_answer_may_be_as_long_as_the_bound_and_no_longer()
    {
        var (watch, client) = Watch(_ => Answer("application/json", new Endless(' ', HttpWatch.MaxAnswer)));
        (await ReadAsync(client)).Should().Be(HttpWatch.MaxAnswer);
        watch.Oversized.Should().BeFalse();

        (watch, client) = Watch(_ => Answer("application/json", new Endless(' ', HttpWatch.MaxAnswer + 1)));
        await FluentActions.Awaiting(() => ReadAsync(client)).Should().ThrowAsync<IOException>().WithMessage("*16 MiB*");
        watch.Oversized.Should().BeTrue();
    }

    [Fact]
    public async Task A_stream_of_events_may_go_on_for_ever_while_its_lines_end()
    {
        var line = Encoding.ASCII.GetBytes("data: " + new string('x', 60_000) + "\n");
        var (watch, client) = Watch(_ => Answer("text/event-stream", new Endless(line, 3 * HttpWatch.MaxAnswer)));
        (await ReadAsync(client)).Should().BeGreaterThanOrEqualTo(3 * HttpWatch.MaxAnswer);
        watch.Oversized.Should().BeFalse();
    }

    [Fact]
    public async Task A_line_of_a_stream_that_does_not_end_is_cut()
    {
        var (watch, client) = Watch(_ => Answer("text/event-stream", new Endless('x', long.MaxValue)));
        await FluentActions.Awaiting(() => ReadAsync(client)).Should().ThrowAsync<IOException>();
        watch.Oversized.Should().BeTrue();
    }

    private static (HttpWatch Watch, HttpClient Client) Watch(Func<HttpRequestMessage, HttpResponseMessage> answer)
    {
        var watch = new HttpWatch(new Handler(answer));
        return (watch, new HttpClient(watch));
    }

    private static HttpResponseMessage Answer(string mediaType, Stream body)
    {
        var content = new StreamContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
    }

    private static async Task<long> ReadAsync(HttpClient client)
    {
        using var response = await client.GetAsync(new Uri("http://a/"), HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[1 << 16];
        long total = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer)) > 0)
        {
            total += read;
        }

        return total;
    }

    private sealed class Handler(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }

    /// <summary>One piece again and again, until so many bytes were read.</summary>
    private sealed class Endless(byte[] piece, long bytes) : Stream
    {
        private long _given;

        public Endless(char filler, long bytes)
            : this(Encoding.ASCII.GetBytes(new string(filler, 1)), bytes)
        {
        }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            count = (int)Math.Min(count, bytes - _given);
            if (piece.Length == 1)
            {
                buffer.AsSpan(offset, count).Fill(piece[0]);
            }
            else
            {
                for (var n = 0; n < count; n++)
                {
                    buffer[offset + n] = piece[(int)((_given + n) % piece.Length)];
                }
            }

            _given += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
