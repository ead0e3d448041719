using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using McpActors.Cli.Output;

namespace McpActors.Cli.Api;

/// <summary>
/// Asks one node. Every request has a time-out, every answer a bound; whatever goes wrong is a <see cref="CommandFailure"/>
/// that says what to do next.
/// </summary>
internal sealed class NodeClient : IDisposable
{
    /// <summary>The most that one verb reads, all pages together: 32 MiB.</summary>
    public const int MaxAnswerBytes = 32 * 1024 * 1024;

    private const int MaxProblemBytes = 64 * 1024;
    private const int MaxPages = 1_000;

    private readonly Uri _node;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;

    /// <param name="node">From <see cref="NodeAddress.Parse"/>.</param>
    /// <param name="timeout">For one request: connecting, waiting and reading together.</param>
    /// <param name="clock">What time-outs are measured with.</param>
    public NodeClient(Uri node, TimeSpan timeout, TimeProvider clock)
    {
        _node = node;
        _timeout = timeout;
        _clock = clock;
        _http = new HttpClient(new SocketsHttpHandler
        {
            // The node never redirects: whoever does is something else.
            AllowAutoRedirect = false,
            UseCookies = false,
            // A proxy that is meant for the internet cannot reach this machine's own loopback.
            UseProxy = !node.IsLoopback,
            MaxResponseHeadersLength = 64,
            // An answer that is cut is given up at once, not read on in the hope of using the connection again.
            MaxResponseDrainSize = 0,
        })
        {
            BaseAddress = node,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>The address as people write it.</summary>
    public string Address => NodeAddress.Shown(_node);

    /// <summary>One answer.</summary>
    public async Task<Answer> GetAsync(string path, CancellationToken cancellation)
    {
        var (answer, _) = await GetAsync(path, MaxAnswerBytes, cancellation);
        return answer;
    }

    /// <summary>
    /// A whole list: all pages as one object. A list of a single page is the answer itself; of several, the fields of
    /// the first page with all items, <c>nextCursor</c> null and <c>count</c> the number of items.
    /// </summary>
    /// <param name="path">The list's route without a query.</param>
    /// <param name="pageSize">How many items to ask for at once, or null for the node's own choice.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<Answer> GetAllAsync(string path, int? pageSize, CancellationToken cancellation)
    {
        var limit = pageSize is { } size ? string.Create(CultureInfo.InvariantCulture, $"limit={size}") : null;
        var pages = new List<Answer>();
        var budget = MaxAnswerBytes;
        string? cursor = null;
        do
        {
            string?[] query = [limit, cursor is null ? null : "cursor=" + Uri.EscapeDataString(cursor)];
            var asked = string.Join('&', query.Where(part => part is not null));
            var (page, bytes) = await GetAsync(asked.Length == 0 ? path : path + "?" + asked, budget, cancellation);
            if (page.Root.Child("items") is not { ValueKind: JsonValueKind.Array })
            {
                throw NotANode(path, "its answer holds no list");
            }

            budget -= bytes;
            pages.Add(page);
            var next = page.Root.Text("nextCursor");
            if (next is not null && (next == cursor || pages.Count == MaxPages))
            {
                throw new CommandFailure(ExitStatus.Failed, $"The node at {Address} sends the list {path} without an end. Restart the node, or update it.");
            }

            cursor = next;
        }
        while (!string.IsNullOrEmpty(cursor));

        return pages.Count == 1 ? pages[0] : Answer.Merge(pages);
    }

    /// <summary>
    /// The events of a stream, until the node ends it. The time-out is for its beginning only: silence is normal.
    /// </summary>
    public async IAsyncEnumerable<ServerSentEvent> FollowAsync(string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        using var response = await SendAsync(path, "text/event-stream", either.Token, cancellation);
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            throw NotANode(path, "its answer is no stream of events");
        }

        var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var lines = new BoundedLineReader(stream);
        var parser = new EventParser();
        while (true)
        {
            string? line;
            ServerSentEvent? complete;
            try
            {
                line = await lines.ReadAsync(cancellation);
                complete = line is null ? null : parser.Push(line);
            }
            catch (Exception fault) when (fault is IOException or HttpRequestException)
            {
                throw new CommandFailure(ExitStatus.CannotConnect, $"The connection to the node at {Address} broke. Run the command again when the node is back.");
            }
            catch (InvalidDataException fault)
            {
                throw NotANode(path, fault.Message);
            }

            if (line is null)
            {
                throw new CommandFailure(ExitStatus.CannotConnect, $"The node at {Address} ended the stream: it stops, or restarts. Run the command again when it is back.");
            }

            if (complete is not null)
            {
                yield return complete;
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<(Answer Answer, int Bytes)> GetAsync(string path, int maxBytes, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        using var response = await SendAsync(path, "application/json", either.Token, cancellation);
        byte[] body;
        try
        {
            body = await BoundedBody.ReadAsync(response.Content, maxBytes, either.Token)
                ?? throw new CommandFailure(ExitStatus.Failed, $"The answer of the node at {Address} to {path} is larger than {MaxAnswerBytes / (1024 * 1024)} MiB. Ask for less, or check --node.");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CommandFailure(ExitStatus.Failed, $"The node at {Address} began to answer and did not finish within {Seconds()}. Try again with a longer --timeout.");
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            throw new CommandFailure(ExitStatus.Failed, $"The node at {Address} broke off in the middle of its answer. Its console says why; then try again.");
        }

        return Answer.TryParse(body) is { } answer
            ? (answer, body.Length)
            : throw NotANode(path, "its answer is not a JSON object");
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string accept, CancellationToken untilDeadline, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd(accept);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, untilDeadline);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CommandFailure(ExitStatus.CannotConnect, $"The node at {Address} did not answer within {Seconds()}. Check that it is running and not overloaded, or give it a longer --timeout.");
        }
        catch (HttpRequestException fault)
        {
            throw Unreachable(fault);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await ProblemAsync(response, path, untilDeadline);
        }
    }

    private CommandFailure Unreachable(HttpRequestException fault) => fault switch
    {
        { HttpRequestError: HttpRequestError.NameResolutionError } =>
            new(ExitStatus.CannotConnect, $"The host of {Address} is not known. Check --node or {NodeAddress.Variable}."),
        { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            new(ExitStatus.CannotConnect, $"No trusted TLS connection to {Address}: {Reason(fault)}. Check that the address is https only if the node is, and that its certificate is trusted here."),
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } =>
            new(ExitStatus.CannotConnect, $"No node answers at {Address}. Start one with 'McpActors.Host --config .mcp.json', or name it with --node."),
        { HttpRequestError: HttpRequestError.ConnectionError } =>
            new(ExitStatus.CannotConnect, $"No node can be reached at {Address}: {Reason(fault)}. Check --node or {NodeAddress.Variable}, and the network."),
        _ => new(ExitStatus.CannotConnect, $"What answers at {Address} is no node: it does not speak HTTP properly, or hung up. Check --node or {NodeAddress.Variable}."),
    };

    private async Task<CommandFailure> ProblemAsync(HttpResponseMessage response, string path, CancellationToken cancellation)
    {
        byte[]? body = null;
        try
        {
            body = await BoundedBody.ReadAsync(response.Content, MaxProblemBytes, cancellation);
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException or OperationCanceledException)
        {
            // The status is known, and says enough.
        }

        var status = (int)response.StatusCode;
        if (body is not null && Answer.TryParse(body)?.Root is { } problem && (problem.Text("detail") ?? problem.Text("title")) is { } said)
        {
            string?[] words = [said, problem.Text("fix")];
            // Escaped here already: a line feed in it would look like a message of its own.
            return new(ExitStatus.Failed, TerminalText.Escape(string.Join(' ', words.Where(word => !string.IsNullOrWhiteSpace(word)))));
        }

        return new(ExitStatus.Failed, response.StatusCode switch
        {
            HttpStatusCode.NotFound => $"The node at {Address} does not know {path} (404). Check --node, and that node and command line are of the same version.",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $"The node at {Address} refuses {path} ({status}). Ask its operator for access.",
            _ when status is >= 300 and < 400 => $"What answers at {Address} sends elsewhere ({status}), which a node never does. Check --node.",
            _ when status >= 500 => $"The node at {Address} failed on {path} ({status}). Its console says why.",
            _ => $"The node at {Address} refuses {path} ({status}). Check that node and command line are of the same version.",
        });
    }

    private CommandFailure NotANode(string path, string why) =>
        new(ExitStatus.Failed, $"What answers at {Address} does not speak as a node on {path}: {why}. Check --node, and that node and command line are of the same version.");

    private static string Reason(HttpRequestException fault) => (fault.InnerException?.Message ?? fault.Message).TrimEnd('.');

    private string Seconds() => string.Create(CultureInfo.InvariantCulture, $"{_timeout.TotalSeconds:0.###} s");
}
