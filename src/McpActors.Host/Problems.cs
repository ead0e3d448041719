using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace McpActors.Host;

/// <summary>Refusals as RFC 9457 problems: what is wrong, and what to do.</summary>
internal static class Problems
{
    /// <summary>400: the request is malformed.</summary>
    public static IResult Malformed(string detail, string fix) => Problem(StatusCodes.Status400BadRequest, "The request is malformed", detail, fix);

    /// <summary>404: there is no such server.</summary>
    public static IResult NoServer() => Problem(StatusCodes.Status404NotFound, "No such server",
        "The fleet has no server of that name.", "List them: GET /api/v1/servers.");

    /// <summary>503: who should answer does not, now.</summary>
    public static IResult Unavailable(string detail) => Problem(StatusCodes.Status503ServiceUnavailable, "Not available now",
        detail, "Try again in a few seconds.");

    /// <summary>Turns what an endpoint throws into a problem, without a stack, a path or a message of the exception.</summary>
    public static async Task HandleAsync(HttpContext context)
    {
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        var result = error switch
        {
            TimeoutException => Unavailable("The fleet did not answer in time."),
            BadHttpRequestException bad => Problem(bad.StatusCode, "The request is malformed",
                "A parameter or the body could not be read.", "Compare it with /openapi/v1.json."),
            _ => Problem(StatusCodes.Status500InternalServerError, "The node failed at this request",
                "The reason is in the node's log.", "Report it with that part of the log."),
        };
        await result.ExecuteAsync(context).ConfigureAwait(false);
    }

    private static IResult Problem(int status, string title, string detail, string fix) => Results.Problem(new ProblemDetails
    {
        Status = status,
        Title = title,
        Detail = detail,
        Extensions = { ["fix"] = fix },
    });
}
