using Fovea.AspNetCore.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;

namespace Fovea.AspNetCore.Requests;

/// <summary>From a request to its answer. What a client does wrong ends in <see cref="RefusedException"/>; what else is thrown is the application's to handle.</summary>
internal sealed class DetectEndpoint(ServedDetector served)
{
    private const int ClientLeft = StatusCodes.Status499ClientClosedRequest;
    private const string RetryAfterSeconds = "1";

    /// <summary>Maps <c>GET</c> and <c>POST</c>.</summary>
    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, string pattern, ServedDetector served)
    {
        var endpoint = new DetectEndpoint(served);
        return endpoints.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Post], (RequestDelegate)endpoint.AnswerAsync)
            .WithDisplayName($"{pattern} {served.Name}");
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await RefusingAsync(context, DescribeAsync).ConfigureAwait(false);
            return;
        }

        var status = StatusCodes.Status500InternalServerError;
        try
        {
            await RefusingAsync(context, DetectAsync).ConfigureAwait(false);
            status = context.RequestAborted.IsCancellationRequested ? ClientLeft : context.Response.StatusCode;
        }
        finally
        {
            served.Metrics.Ended(status);
        }
    }

    private static async Task RefusingAsync(HttpContext context, Func<HttpContext, Task> answer)
    {
        try
        {
            try
            {
                await answer(context).ConfigureAwait(false);
            }
            catch (RefusedException e)
            {
                await RefuseAsync(context, e).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client has gone, and nobody reads what would be said: neither an answer nor a refusal, as of an upload that it broke off.
        }
    }

    private static Task RefuseAsync(HttpContext context, RefusedException refused)
    {
        context.Response.StatusCode = refused.Status;
        if (refused.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        if (refused.Status == StatusCodes.Status408RequestTimeout)
        {
            // RFC 9110, 15.5.9: the rest of the body is not waited for.
            context.Response.Headers.Connection = "close";
        }

        var problem = new ProblemAnswer(ReasonPhrases.GetReasonPhrase(refused.Status), refused.Status, refused.Message);
        return context.Response.WriteAsJsonAsync(problem, AnswerJson.Default.ProblemAnswer, "application/problem+json", context.RequestAborted);
    }

    private Task DescribeAsync(HttpContext context)
    {
        RequireReady();
        var description = served.Description;
        var (declared, defaults) = (description.PostProcessing, served.Options.Detect);
        var classes = description.ClassNames.Select((name, channel) => (Name: name, Channel: channel)).Where(c => c.Name is not null)
            .Select(c => new ClassAnswer(c.Name!, c.Channel, ColorOf(c.Channel)));
        var answer = new DetectorAnswer(
            served.Name, [.. classes], (float)(defaults?.ScoreThreshold ?? declared.ScoreThreshold), (float)(defaults?.NmsIoU ?? declared.NmsIoU),
            defaults?.MaxDetections ?? declared.MaxDetections, declared.MaxDetections, served.Options.MaxRequestBytes, served.Options.MaxPixels);
        return context.Response.WriteAsJsonAsync(answer, AnswerJson.Default.DetectorAnswer, cancellationToken: context.RequestAborted);
    }

    private async Task DetectAsync(HttpContext context)
    {
        RequireReady();
        var wanted = DetectQuery.Read(context.Request.Query, served.Options.Detect, served.Description.PostProcessing.MaxDetections);
        var drawn = AnswerFormat.Of(context.Request);
        if (!served.Places.TryAdmit())
        {
            throw RefusedException.Unavailable($"{served.Name} is full: {served.Places.Capacity} requests upload, wait or are worked at; try again later.");
        }

        served.Metrics.Admitted();
        try
        {
            await AnswerAsync(context, await WorkAsync(context, wanted, drawn).ConfigureAwait(false), drawn).ConfigureAwait(false);
        }
        catch (InvalidImageException e)
        {
            throw new RefusedException(StatusCodes.Status422UnprocessableEntity, e.Message);
        }
        finally
        {
            served.Places.Leave();
            served.Metrics.Left();
        }
    }

    /// <summary>Gives the upload's memory back before the answer is written: a client may take its time to read that.</summary>
    private async Task<DetectorWork> WorkAsync(HttpContext context, DetectOptions wanted, ImageFormat? drawn)
    {
        using var upload = await Upload.ReadAsync(context, served.Options.MaxRequestBytes, served.Options.UploadTimeout).ConfigureAwait(false);
        upload.Check(served.Options.MaxPixels);
        return await served.WorkAsync(upload.Content, wanted, drawn, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task AnswerAsync(HttpContext context, DetectorWork work, ImageFormat? drawn)
    {
        if (drawn is not { } format)
        {
            var answer = new DetectAnswer(work.Width, work.Height, Math.Round(work.Time.TotalMilliseconds, 3), work.Found);
            return context.Response.WriteAsJsonAsync(answer, AnswerJson.Default.DetectAnswer, cancellationToken: context.RequestAborted);
        }

        context.Response.ContentType = AnswerFormat.MediaTypeOf(format);
        context.Response.ContentLength = work.Drawn!.Length;
        return context.Response.Body.WriteAsync(work.Drawn, context.RequestAborted).AsTask();
    }

    private void RequireReady()
    {
        if (served.Unready is { } why)
        {
            throw RefusedException.Unavailable($"{served.Name}: {why}; try again later.");
        }
    }

    private static string ColorOf(int channel)
    {
        var (r, g, b) = DetectionDrawing.ColorOf(channel);
        return $"#{r:x2}{g:x2}{b:x2}";
    }
}
