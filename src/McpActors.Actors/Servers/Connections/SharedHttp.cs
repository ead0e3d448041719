using System.Text;
using McpActors.Core.Servers;

namespace McpActors.Actors.Servers.Connections;

/// <summary>One pool of connections for all HTTP servers of the node.</summary>
internal sealed class SharedHttp : IDisposable
{
    /// <summary>The pool. Redirects are not followed: they would carry credentials to another address.</summary>
    public SocketsHttpHandler Handler { get; } = new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        MaxResponseHeadersLength = 64,
    };

    public void Dispose() => Handler.Dispose();
}

/// <summary>The headers that a definition asks for.</summary>
internal static class HttpHeaders
{
    /// <summary>The declared headers; user info of the URL becomes basic authentication where no header says otherwise.</summary>
    public static Dictionary<string, string> For(ServerDefinition definition)
    {
        var headers = new Dictionary<string, string>(definition.Headers, StringComparer.OrdinalIgnoreCase);
        var userInfo = new Uri(definition.Url!).UserInfo;
        if (userInfo.Length > 0 && !headers.ContainsKey("Authorization"))
        {
            headers["Authorization"] = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(userInfo)));
        }

        return headers;
    }
}
