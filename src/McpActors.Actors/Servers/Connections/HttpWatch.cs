using System.Net;

namespace McpActors.Actors.Servers.Connections;

/// <summary>
/// Stands between the MCP SDK and the network: remembers what the last request met, so that a failure can be told
/// apart in words, and bounds what a server may send. One per server.
/// </summary>
internal sealed class HttpWatch(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>The longest answer, and the longest event of a stream, in bytes.</summary>
    public const long MaxAnswer = 16 * 1024 * 1024;

    /// <summary>The status of the last response, or null while none has come to the last request.</summary>
    public HttpStatusCode? LastStatus { get; private set; }

    /// <summary>What the last response says it is, such as <c>text/html</c>.</summary>
    public string? LastMediaType { get; private set; }

    /// <summary>What the last request met instead of a response.</summary>
    public Exception? LastError { get; private set; }

    /// <summary>True once an answer was cut at <see cref="MaxAnswer"/>.</summary>
    public bool Oversized { get; private set; }

    /// <summary>Forgets what earlier requests met.</summary>
    public void Reset() => (LastStatus, LastMediaType, LastError, Oversized) = (null, null, null, false);

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // The farewell of a session (DELETE) may meet anything; it must not colour the verdict.
        var counts = request.Method != HttpMethod.Delete;
        try
        {
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (counts)
            {
                LastStatus = response.StatusCode;
                LastMediaType = response.Content.Headers.ContentType?.MediaType;
            }

            var bounded = new BoundedStream(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false),
                response.Content.Headers.ContentType?.MediaType == "text/event-stream", () => Oversized = true);
            var content = new StreamContent(bounded);
            foreach (var header in response.Content.Headers)
            {
                content.Headers.TryAddWithoutValidation(header.Key, header.Value);
            }

            response.Content = content;
            return response;
        }
        catch (Exception e) when (counts)
        {
            LastError = e;
            throw;
        }
    }

    /// <summary>A body that ends with an error at its bound. In a stream of events each line is bounded, not the whole.</summary>
    private sealed class BoundedStream(Stream inner, bool perLine, Action onOversized) : Stream
    {
        private long _count;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException("The length of a response is not known.");

        public override long Position
        {
            get => throw new NotSupportedException("A response is read once.");
            set => throw new NotSupportedException("A response is read once.");
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            return Count(buffer.Span[..read]);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => Count(buffer.AsSpan(offset, inner.Read(buffer, offset, count)));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A response is read once.");

        public override void SetLength(long value) => throw new NotSupportedException("A response is read only.");

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A response is read only.");

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }

        private int Count(ReadOnlySpan<byte> read)
        {
            var newline = perLine ? read.LastIndexOf((byte)'\n') : -1;
            _count = newline < 0 ? _count + read.Length : read.Length - newline - 1;
            if (_count > MaxAnswer)
            {
                onOversized();
                throw new IOException($"The answer is longer than {MaxAnswer / 1024 / 1024} MiB and was cut.");
            }

            return read.Length;
        }
    }
}
