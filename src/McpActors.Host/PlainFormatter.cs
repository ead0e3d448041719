using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace McpActors.Host;

/// <summary>Log lines for people: the time, a mark where it matters, the words.</summary>
internal sealed class PlainFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>The name under which the console finds this.</summary>
    public const string FormatterName = "plain";

    // "Hosting failed to start", with a stack: the reason is told in words when the node ends.
    private const int HostedServiceStartupFaulted = 11;

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (logEntry.EventId.Id == HostedServiceStartupFaulted && logEntry.Category == "Microsoft.Extensions.Hosting.Internal.Host")
        {
            return;
        }

        var mark = logEntry.LogLevel switch
        {
            LogLevel.Warning => "warning: ",
            LogLevel.Error or LogLevel.Critical => "error: ",
            _ => "",
        };
        textWriter.Write(time.GetLocalNow().ToString("HH:mm:ss ", System.Globalization.CultureInfo.InvariantCulture));
        textWriter.Write(mark);
        textWriter.WriteLine(logEntry.Formatter(logEntry.State, logEntry.Exception).ReplaceLineEndings(" "));
        if (logEntry.Exception is { } e && logEntry.LogLevel >= LogLevel.Error)
        {
            textWriter.WriteLine(e.ToString());
        }
    }
}
