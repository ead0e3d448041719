namespace McpActors.Cli.Prompt;

/// <summary>A terminal that gives keys one at a time and understands the ANSI cursor sequences.</summary>
public interface ILineTerminal
{
    /// <summary>How many columns a line has, at least 1.</summary>
    int Width { get; }

    /// <summary>Takes the keys, Ctrl-C included, until the result is disposed.</summary>
    IDisposable TakeKeys();

    /// <summary>Waits for the next key without showing it; null when the terminal went away.</summary>
    ConsoleKeyInfo? ReadKey();

    /// <summary>Writes at once.</summary>
    void Write(string text);
}

/// <summary>The console of this process.</summary>
internal sealed class ConsoleTerminal : ILineTerminal
{
    private const int UsualWidth = 80;

    /// <inheritdoc />
    public int Width => Console.WindowWidth > 0 ? Console.WindowWidth : UsualWidth;

    /// <inheritdoc />
    public IDisposable TakeKeys() => new ControlCAsKey();

    /// <inheritdoc />
    public ConsoleKeyInfo? ReadKey()
    {
        try
        {
            return Console.ReadKey(intercept: true);
        }
        catch (Exception fault) when (fault is InvalidOperationException or IOException)
        {
            return null;
        }
    }

    /// <inheritdoc />
    public void Write(string text) => Console.Out.Write(text);

    /// <summary>While a line is edited Ctrl-C abandons the line; while a verb runs it is a signal that ends the verb.</summary>
    private sealed class ControlCAsKey : IDisposable
    {
        public ControlCAsKey() => Console.TreatControlCAsInput = true;

        public void Dispose() => Console.TreatControlCAsInput = false;
    }
}
