using System.CommandLine;
using McpActors.Cli.Api;
using McpActors.Cli.Commands;
using McpActors.Cli.Output;
using McpActors.Cli.Prompt;

namespace McpActors.Cli;

/// <summary>The command line as a function, for <c>Main</c> and for tests.</summary>
public static class CommandLineApp
{
    // EPIPE of Linux and macOS, as the runtime hands it on.
    private const int BrokenPipe = 32;

    /// <summary>Runs one command line.</summary>
    /// <param name="args">The words after the program's name.</param>
    /// <param name="input">What a prompt reads where there is no terminal.</param>
    /// <param name="output">Results; flushed before the task ends.</param>
    /// <param name="error">Faults and notices, in words.</param>
    /// <param name="environment">The surroundings; <see cref="CliEnvironment.Plain"/> where left out.</param>
    /// <param name="cancellation">Ends the verb that runs.</param>
    /// <returns>One of <see cref="ExitStatus"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args,
        TextReader input,
        TextWriter output,
        TextWriter error,
        CliEnvironment? environment = null,
        CancellationToken cancellation = default)
    {
        using var session = new Session(input, output, error, environment ?? CliEnvironment.Plain, cancellation);
        try
        {
            var status = await session.RunAsync(args);
            await output.FlushAsync(CancellationToken.None);
            await error.FlushAsync(CancellationToken.None);
            return status;
        }
        catch (IOException fault) when (fault.HResult == BrokenPipe)
        {
            // The reader has all it wanted, as in "| head".
            return ExitStatus.Done;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The latter is how the runtime names a descriptor that is closed.
            await error.WriteLineAsync(TerminalText.Escape($"The output could not be written: {fault.Message.TrimEnd('.')}. Make room, or send it elsewhere."));
            return ExitStatus.Failed;
        }
    }

    /// <summary>The command tree with its connections, alive for one command line or one prompt.</summary>
    private sealed class Session : IDisposable
    {
        // Completion that takes longer than this is in the way.
        private static readonly TimeSpan CompletionTimeout = TimeSpan.FromSeconds(1);

        private readonly TextReader _input;
        private readonly TextWriter _output;
        private readonly TextWriter _error;
        private readonly CliEnvironment _environment;
        private readonly CancellationToken _cancellation;
        private readonly CommandTree _tree;
        private readonly Dictionary<(Uri Node, TimeSpan Timeout), NodeClient> _clients = [];
        private Settings? _outer;

        public Session(TextReader input, TextWriter output, TextWriter error, CliEnvironment environment, CancellationToken cancellation)
        {
            _input = input;
            _output = output;
            _error = error;
            _environment = environment;
            _cancellation = cancellation;
            _tree = new CommandTree(Palette.All(), RunVerbAsync, RunPromptAsync);
        }

        public void Dispose()
        {
            foreach (var client in _clients.Values)
            {
                client.Dispose();
            }
        }

        public async Task<int> RunAsync(IReadOnlyList<string> words)
        {
            var typed = _tree.Parse(words.Count == 0 ? ["--help"] : words);
            if (_tree.AskedToComplete(typed, words) is { } line)
            {
                return await SuggestAsync(line);
            }

            using var interrupted = CancellationTokenSource.CreateLinkedTokenSource(_cancellation, _environment.Interrupts?.Begin() ?? CancellationToken.None);
            try
            {
                if (typed.Errors.Count > 0)
                {
                    throw new CommandFailure(ExitStatus.Usage, UsageFault.Describe(typed));
                }

                var invocation = new InvocationConfiguration
                {
                    Output = _output,
                    Error = _error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                };
                return await typed.InvokeAsync(invocation, interrupted.Token);
            }
            catch (CommandFailure failure)
            {
                return Fail(failure.Status, failure.Message);
            }
            catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
            {
                return Fail(ExitStatus.Failed, "Interrupted before it was done.");
            }
            finally
            {
                _environment.Interrupts?.End();
            }
        }

        private int Fail(int status, string message)
        {
            foreach (var line in message.Split(Environment.NewLine))
            {
                _error.WriteLine(TerminalText.Escape(line));
            }

            return status;
        }

        private Task<int> RunVerbAsync(Verb verb, ParseResult typed, CancellationToken cancellation)
        {
            var settings = _tree.Globals.Resolve(typed, _outer, _environment.Variable);
            var writer = new RecordWriter(_output, _environment.Colours);
            return verb.Run(new VerbCall(typed, ClientFor(settings), writer, _error, settings.Json, _environment.Clock), cancellation);
        }

        private async Task<int> RunPromptAsync(Palette palette, ParseResult typed, CancellationToken cancellation)
        {
            if (_outer is not null)
            {
                throw new CommandFailure(ExitStatus.Usage, "Name a verb first; help shows them.");
            }

            _outer = _tree.Globals.Resolve(typed, null, _environment.Variable);
            var completer = new Completer(_tree.Palettes, _tree.Globals, (argument, ended) => ValuesAsync(argument, _outer, ended));
            var lines = _environment.Terminal is { } terminal
                ? new TerminalLines(terminal, $"{palette.Name}> ", (text, ended) => completer.CompleteAsync(text, palette, ended))
                : (ILines)new PlainLines(_input);
            var prompt = new PromptSession(palette, lines, RunAsync, _output);
            return await prompt.RunAsync(greet: _environment.Terminal is not null, _cancellation);
        }

        private async Task<int> SuggestAsync(string line)
        {
            var words = Words.Split(line);
            // The first word is the program's own name, whatever it was called by.
            var text = words.Count < 2 ? "" : line[words[1].Start..];
            Settings? settings = null;
            try
            {
                settings = _tree.Globals.Resolve(_tree.Parse([.. words.Skip(1).Select(word => word.Value)]), null, _environment.Variable);
            }
            catch (Exception fault) when (fault is CommandFailure or InvalidOperationException)
            {
                // A line that is being typed may be wrong so far; then there are no names, but verbs.
            }

            var completer = new Completer(_tree.Palettes, _tree.Globals, async (argument, ended) =>
                settings is null ? [] : await ValuesAsync(argument, settings, ended));
            var completions = await completer.CompleteAsync(text, null, _cancellation);
            foreach (var candidate in completions.Candidates.Where(ShellCompletion.IsHarmless))
            {
                await _output.WriteLineAsync(candidate);
            }

            return ExitStatus.Done;
        }

        private async Task<IReadOnlyList<string>> ValuesAsync(NodeArgument argument, Settings settings, CancellationToken cancellation)
        {
            using var deadline = new CancellationTokenSource(CompletionTimeout, _environment.Clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
            try
            {
                var list = await ClientFor(settings).GetAllAsync(argument.ListPath, NodeRoutes.PageSize, either.Token);
                return [.. list.Root.Items("items").Select(item => item.Text(argument.Field)).OfType<string>()];
            }
            catch (Exception fault) when (fault is CommandFailure or OperationCanceledException)
            {
                // Nobody asked for an answer yet: a node that is away means no names, not a message in the middle of a line.
                return [];
            }
        }

        private NodeClient ClientFor(Settings settings)
        {
            var key = (settings.Node, settings.Timeout);
            if (!_clients.TryGetValue(key, out var client))
            {
                _clients[key] = client = new NodeClient(settings.Node, settings.Timeout, _environment.Clock);
            }

            return client;
        }
    }
}
