using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Fovea.Tests.AspNetCore.Serving;
using Microsoft.Playwright;
using Quickstart;

namespace Fovea.Tests.AspNetCore.Web;

/// <summary>The sample's page in a real Chromium, over the real program.</summary>
public sealed class PageTests : IDisposable
{
    private readonly ShapeDetector detector = Site.Shapes();
    private readonly RgbImage scene = SyntheticScenes.Create(1, seed: 42).LoadImage(0);

    public void Dispose() => detector.Dispose();

    [SkippableFact]
    public async Task A_picture_is_shown_with_its_boxes_and_the_slider_asks_nobody()
    {
        var chromium = RequireBrowser();
        using var site = Site.Start(detector);
        var file = Path.Combine(site.Folder, "scene.png");
        ImageFile.SavePng(scene, file);
        var found = detector.Detect(file);
        Assert.True(found.Count > 5 && found[0].Score > 0.35 && found[^1].Score < 0.25, $"{found.Count} of {found[0].Score} to {found[^1].Score}");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = ["--no-sandbox"] });
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            foreach (var width in new[] { 360, 1280 })
            {
                await using var context = await browser.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 900 } });
                var (page, told, asked) = await OpenAsync(context, site);
                Assert.Equal("ShapeDetector", await page.Locator("h1").InnerTextAsync());
                Assert.Equal(Enum.GetNames<Shape>(), (await page.Locator("#legend li").AllInnerTextsAsync()).Select(t => t.Trim()));
                await page.SetInputFilesAsync("#file", file);
                await CheckAsync(page, found, 0.3);

                var before = asked.Count;
                foreach (var least in new[] { 0.4, 0.05, 0.99 })
                {
                    await page.Locator("#threshold").FillAsync((least * 100).ToString(CultureInfo.InvariantCulture));
                    await CheckAsync(page, found, least);
                }

                Assert.Equal(before, asked.Count);
                await CheckLookAsync(page, scheme);
                Assert.All(asked, url => Assert.StartsWith(site.Address.AbsoluteUri, url, StringComparison.Ordinal));
                Assert.Empty(told);
            }
        }
    }

    [SkippableFact]
    public async Task A_scene_is_chosen_by_the_keyboard_a_picture_is_dropped_and_what_is_no_picture_is_told()
    {
        var chromium = RequireBrowser();
        using var site = Site.Start(detector);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = ["--no-sandbox"] });
        await using var context = await browser.NewContextAsync();
        var (page, _, _) = await OpenAsync(context, site);

        await page.Locator("#scenes button").Nth(2).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        using var client = new HttpClient { BaseAddress = site.Address };
        await CheckAsync(page, detector.Detect(await client.GetByteArrayAsync(new Uri("/scenes/2", UriKind.Relative))), 0.3);

        await DropAsync(page, Uploads.Encode(scene, ImageFormat.Png), "scene.png");
        await CheckAsync(page, detector.Detect(scene), 0.3);

        await DropAsync(page, "no picture"u8.ToArray(), "scene.png");
        await Assertions.Expect(page.Locator("#status")).ToContainTextAsync("Unsupported Media Type: the uploaded file: expected a picture");
        Assert.Equal("wrong", await page.Locator("#status").GetAttributeAsync("class"));
    }

    [SkippableFact]
    public async Task The_camera_is_looked_through_until_it_is_closed()
    {
        var chromium = RequireBrowser();
        using var site = Site.Start(detector);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await LaunchWithCameraAsync(playwright, chromium);
        await using var context = await browser.NewContextAsync(new() { Permissions = ["camera"] });
        var (page, told, asked) = await OpenAsync(context, site);
        var camera = page.Locator("#camera");
        await camera.ClickAsync();
        for (var i = 0; i < 600 && asked.Count(u => u.Contains("/detect?", StringComparison.Ordinal)) < 4; i++)
        {
            await Task.Delay(50);
        }

        await Assertions.Expect(page.Locator("#status")).ToContainTextAsync("found, in");
        Assert.Equal("true", await camera.GetAttributeAsync("aria-pressed"));
        Assert.Equal("640×480", await page.EvaluateAsync<string>("view.width + '×' + view.height"));
        Assert.True(await page.EvaluateAsync<bool>("view.getContext('2d').getImageData(0, 0, 640, 480).data.some((v, i) => i % 4 < 3 && v > 0)"));

        await camera.ClickAsync();
        Assert.Equal("Open the camera", await camera.InnerTextAsync());
        await Task.Delay(500);
        var count = asked.Count;
        await Task.Delay(1000);
        Assert.Equal(count, asked.Count);
        Assert.Empty(told);
    }

    [SkippableFact]
    public async Task A_camera_that_is_closed_before_it_is_allowed_is_let_go()
    {
        var chromium = RequireBrowser();
        using var site = Site.Start(detector);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await LaunchWithCameraAsync(playwright, chromium);
        await using var context = await browser.NewContextAsync(new() { Permissions = ["camera"] });
        await context.AddInitScriptAsync(
            """
            window.streams = [];
            if (navigator.mediaDevices) {
              const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
              navigator.mediaDevices.getUserMedia = async wanted => {
                await new Promise(done => setTimeout(done, 500));
                const stream = await open(wanted);
                streams.push(stream);
                return stream;
              };
            }
            """);
        var (page, told, _) = await OpenAsync(context, site);
        await page.EvaluateAsync("() => { for (let i = 0; i < 3; i++) document.getElementById('camera').click(); }");
        await Assertions.Expect(page.Locator("#status")).ToContainTextAsync("found, in");
        Assert.Equal("2 1", await CountAsync());
        await page.Locator("#camera").ClickAsync();
        Assert.Equal("2 0", await CountAsync());
        Assert.Empty(told);

        Task<string> CountAsync() => page.EvaluateAsync<string>(
            "`${streams.length} ${streams.filter(s => s.getTracks().some(t => t.readyState === 'live')).length}`");
    }

    [SkippableFact]
    public async Task Camera_and_pictures_do_not_speak_for_each_other()
    {
        var chromium = RequireBrowser();
        using var site = Site.Start(detector);
        var file = Path.Combine(site.Folder, "scene.png");
        ImageFile.SavePng(scene, file);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await LaunchWithCameraAsync(playwright, chromium);
        await using var context = await browser.NewContextAsync(new() { Permissions = ["camera"] });
        var asked = Channel.CreateUnbounded<IRoute>();
        await context.RouteAsync(new Regex(@"/detect\?"), route => asked.Writer.TryWrite(route));
        var (page, _, _) = await OpenAsync(context, site);
        var status = page.Locator("#status");
        await page.Locator("#threshold").FillAsync("99");

        // Opening the camera ends the picture's request, and that is no error.
        await page.SetInputFilesAsync("#file", file);
        await NextAsync();
        await page.Locator("#camera").ClickAsync();
        var first = await NextAsync();
        Assert.Equal("", await status.GetAttributeAsync("class") ?? "");

        // The slider draws the frame that was answered, while a later one is asked about.
        await Task.Delay(500);
        await first.ContinueAsync();
        var second = await NextAsync();
        await Assertions.Expect(status).ToContainTextAsync("0 of");
        var drawn = await page.EvaluateAsync<string>("view.toDataURL()");
        await page.Locator("#threshold").FillAsync("98");
        Assert.Equal(drawn, await page.EvaluateAsync<string>("view.toDataURL()"));

        // The error of a camera that has been closed is nobody's.
        await page.Locator("#threshold").FillAsync("30");
        await DropAsync(page, Uploads.Encode(scene, ImageFormat.Png), "scene.png");
        await (await NextAsync()).ContinueAsync();
        await CheckAsync(page, detector.Detect(file), 0.3);
        await second.FulfillAsync(new() { Status = 503, ContentType = "application/problem+json", Body = """{"title":"Full","detail":"too late"}""" });
        await Task.Delay(500);
        await CheckAsync(page, detector.Detect(file), 0.3);

        async Task<IRoute> NextAsync() => await asked.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
    }

    [SkippableFact]
    public async Task A_detector_that_does_not_answer_the_page_is_told()
    {
        var chromium = RequireBrowser();
        using var site = Site.Start(detector);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = ["--no-sandbox"] });
        await using var context = await browser.NewContextAsync();
        await context.RouteAsync(new Regex("/detect$"), route => route.FulfillAsync(
            new() { Status = 503, ContentType = "application/problem+json", Body = """{"title":"Service Unavailable","detail":"it is stopping"}""" }));
        var (page, _, _) = await OpenAsync(context, site);
        await Assertions.Expect(page.Locator("#status")).ToContainTextAsync("does not answer (Service Unavailable: it is stopping)");
        Assert.Equal("wrong", await page.Locator("#status").GetAttributeAsync("class"));
    }

    private static Task<IBrowser> LaunchWithCameraAsync(IPlaywright playwright, string chromium) => playwright.Chromium.LaunchAsync(new()
    {
        ExecutablePath = chromium,
        Args = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
    });

    private static async Task<(IPage Page, List<string> Told, List<string> Asked)> OpenAsync(IBrowserContext context, Site site)
    {
        var page = await context.NewPageAsync();
        var (told, asked) = (new List<string>(), new List<string>());
        page.Console += (_, message) => told.Add(message.Text);
        page.PageError += (_, error) => told.Add(error);
        page.Request += (_, request) => Add(asked, request.Url);
        await page.GotoAsync(site.Address.AbsoluteUri, new() { WaitUntil = WaitUntilState.NetworkIdle });
        return (page, told, asked);

        static void Add(List<string> urls, string url)
        {
            if (!url.StartsWith("data:", StringComparison.Ordinal) && !url.StartsWith("blob:", StringComparison.Ordinal))
            {
                urls.Add(url);
            }
        }
    }

    /// <summary>The table, the counts, the words and the canvas have what a call finds above a score.</summary>
    private static async Task CheckAsync(IPage page, IReadOnlyList<Detection<Shape>> found, double least)
    {
        var expected = found.Where(d => d.Score > least).ToArray();
        await Assertions.Expect(page.Locator("#status")).ToContainTextAsync($"{expected.Length} of {found.Count} found, in");
        Assert.Equal(expected.Select(d => d.Class.ToString()), await page.Locator("#found th").AllInnerTextsAsync());
        foreach (var shape in Enum.GetValues<Shape>())
        {
            var count = expected.Count(d => d.Class == shape);
            Assert.Equal(count == 0 ? "" : count.ToString(CultureInfo.InvariantCulture), await page.Locator($"#count-{(int)shape}").InnerTextAsync());
        }

        // The best box is drawn last, so nothing but its own label hides its lower edge. A scene is shown at twice its size.
        if (expected.Length > 0)
        {
            var (r, g, b) = DetectionDrawing.ColorOf((int)expected[0].Class);
            var box = expected[0].Box;
            var pixel = await page.EvaluateAsync<int[]>(
                $"[...view.getContext('2d').getImageData({(int)(box.X1 + box.X2)}, {(int)(2 * box.Y2) - 1}, 1, 1).data].slice(0, 3)");
            Assert.True(Math.Abs(pixel[0] - r) + Math.Abs(pixel[1] - g) + Math.Abs(pixel[2] - b) < 60, $"{string.Join(' ', pixel)} instead of {r} {g} {b}");
        }
    }

    private static async Task DropAsync(IPage page, byte[] content, string name) => await page.EvaluateAsync(
        """
        ([bytes, name]) => {
          const data = new DataTransfer();
          data.items.add(new File([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], name, { type: 'image/png' }));
          document.getElementById('stage').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        }
        """,
        new[] { Convert.ToBase64String(content), name });

    private static async Task CheckLookAsync(IPage page, ColorScheme scheme)
    {
        var (shown, wide) = (await page.EvaluateAsync<double>("document.documentElement.clientWidth"), await page.EvaluateAsync<double>("document.documentElement.scrollWidth"));
        Assert.True(wide <= shown, $"{wide} pixels wide where {shown} are shown");

        // WCAG 2.2, 1.4.3: 4.5 to 1 between text and what it stands on.
        var contrasts = await page.EvaluateAsync<double[]>(
            """
            () => {
              const light = c => {
                const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
                const [r, g, b] = c.match(/[\d.]+/g).slice(0, 3).map(v => linear(v / 255));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const below = e => {
                const c = getComputedStyle(e).backgroundColor;
                return c.startsWith('rgba') && c.endsWith(', 0)') ? below(e.parentElement) : light(c);
              };
              return [light(getComputedStyle(document.body).backgroundColor), ...[...document.querySelectorAll('h1, h2, p, th, td, li, label, button')].map(e => {
                const [t, p] = [light(getComputedStyle(e).color), below(e)];
                return (Math.max(t, p) + 0.05) / (Math.min(t, p) + 0.05);
              })];
            }
            """);
        Assert.True(scheme == ColorScheme.Dark ? contrasts[0] < 0.05 : contrasts[0] > 0.8, $"the paper's luminance is {contrasts[0]}");
        Assert.True(contrasts[1..].Min() >= 4.5, $"a text has a contrast of {contrasts[1..].Min()}");

        // Whatever can be used has a name.
        var nameless = await page.EvaluateAsync<JsonElement>(
            """
            () => [...document.querySelectorAll('button, input, canvas, img, [role=region], [role=group], section')].filter(e =>
              !(e.getAttribute('aria-label') || e.alt || e.innerText?.trim() || e.labels?.length || e.querySelector('img[alt]'))).map(e => e.outerHTML)
            """);
        Assert.Equal(0, nameless.GetArrayLength());
    }

    /// <summary>Skips, with the reason, where there is no browser.</summary>
    private static string RequireBrowser()
    {
        var found = Chromium.Find();
        Skip.If(found is null, Chromium.WhySkipped);
        return found!;
    }
}
