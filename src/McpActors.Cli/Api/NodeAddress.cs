namespace McpActors.Cli.Api;

/// <summary>Where the node is.</summary>
internal static class NodeAddress
{
    /// <summary>The node that is asked when none is named.</summary>
    public const string Default = "http://127.0.0.1:7710";

    /// <summary>The environment variable that names a node.</summary>
    public const string Variable = "MCPACTORS_NODE";

    /// <summary>Reads an address. It is http or https, without user name, query or fragment; a path is a prefix.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="origin">Where it was written, for the message.</param>
    /// <exception cref="CommandFailure">It is no such address; the status is <see cref="ExitStatus.Usage"/>.</exception>
    public static Uri Parse(string text, string origin)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) ||
            (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) ||
            uri.Host.Length == 0)
        {
            throw new CommandFailure(ExitStatus.Usage, $"{origin} must be an http or https address such as {Default}.");
        }

        // What was written is not repeated: it holds a password.
        if (uri.UserInfo.Length > 0)
        {
            throw new CommandFailure(ExitStatus.Usage, $"{origin} must not hold a user name or password: other users of this machine could read it. Leave out everything before the @.");
        }

        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new CommandFailure(ExitStatus.Usage, $"{origin} must end with the host, port or path prefix: leave out everything from ? or # on.");
        }

        return new Uri(uri.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/");
    }

    /// <summary>The address as people write it.</summary>
    public static string Shown(Uri node) => node.AbsoluteUri.TrimEnd('/');

    /// <summary>A path below <c>api/v1</c> with its segments encoded.</summary>
    /// <exception cref="CommandFailure">A segment would be read as a step in the path (<c>.</c>, <c>..</c>) or is empty.</exception>
    public static string Path(params ReadOnlySpan<string> segments)
    {
        var path = "api/v1";
        foreach (var segment in segments)
        {
            // Every client and server on the way folds these, encoded or not.
            if (segment is "" or "." or "..")
            {
                throw new CommandFailure(ExitStatus.Usage, $"'{segment}' cannot be the name of a server. mcpactors servers list shows the names.");
            }

            path += "/" + Uri.EscapeDataString(segment);
        }

        return path;
    }
}
