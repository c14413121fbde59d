using Fovea;
using Quickstart;

namespace Web;

/// <summary>The page's files, which are in the assembly, and scenes to try it with.</summary>
internal static class Page
{
    // Nothing from elsewhere: scripts, styles and connections are this application's own; pictures may also be what the page itself made.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; media-src 'self' blob:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const ulong Seed = 1000;

    public static void MapPage(this IEndpointRouteBuilder endpoints)
    {
        Map("/", "index.html", "text/html; charset=utf-8");
        Map("/page.css", "page.css", "text/css; charset=utf-8");
        Map("/page.js", "page.js", "text/javascript; charset=utf-8");

        void Map(string path, string resource, string type)
        {
            using var stream = typeof(Page).Assembly.GetManifestResourceStream(resource)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            endpoints.MapGet(path, (RequestDelegate)(context =>
            {
                context.Response.ContentType = type;
                context.Response.Headers.ContentSecurityPolicy = Policy;
                context.Response.Headers.XContentTypeOptions = "nosniff";
                return context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask();
            }));
        }
    }

    /// <summary>Pictures that the detector has not been trained on: <c>/scenes/0</c> to <c>/scenes/99</c>.</summary>
    public static void MapScenes(this IEndpointRouteBuilder endpoints, string path) =>
        endpoints.MapGet(path + "/{number:int:range(0,99)}", (RequestDelegate)(context =>
        {
            var number = Convert.ToUInt64(context.GetRouteValue("number"), System.Globalization.CultureInfo.InvariantCulture);
            using var encoded = new MemoryStream();
            ImageFile.Codec.Encode(SyntheticScenes.Create(1, Seed + number).LoadImage(0), ImageFormat.Png, 100, encoded);
            context.Response.ContentType = "image/png";
            context.Response.Headers.CacheControl = "max-age=86400";
            return context.Response.Body.WriteAsync(encoded.ToArray(), context.RequestAborted).AsTask();
        }));
}
