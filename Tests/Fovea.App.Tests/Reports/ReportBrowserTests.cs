using System.Globalization;
using System.Text.Json;
using Fovea.App.Reports.Html;
using Fovea.Tiny;
using Microsoft.Playwright;

namespace Fovea.Tests.App.Reports;

/// <summary>The report as a person sees it: opened from the disk in a real Chromium.</summary>
public sealed class ReportBrowserTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [SkippableFact]
    public async Task The_report_of_a_training_shows_its_numbers_and_loads_nothing()
    {
        var browser = RequireBrowser();
        using var detector = TileDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        var options = new TrainerOptions { Epochs = 3, BatchSize = 2, Optimizer = new AdamW { LearningRate = 5e-3 } };
        var (train, validation, test) = (TinyScenes.Create(12, 1), TinyScenes.Create(4, 2), TinyScenes.Create(6, 3));
        var result = await TrainingWorkflow.RunAsync(detector, train, validation, test, folder.Path, options);
        await Check(browser, folder.File("report.html"), "TileDetector", result);
    }

    [SkippableFact]
    public async Task Names_that_look_like_markup_are_shown_as_they_are()
    {
        var browser = RequireBrowser();
        var data = SmallReport.Create();
        await Check(browser, folder.Write("report.html", ReportPage.Write(data)), data.Model, data.Result);
    }

    private static async Task Check(string executable, string report, string model, CocoResult result)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = executable, Args = ["--no-sandbox"] });
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            foreach (var width in new[] { 400, 1280 })
            {
                await using var context = await browser.NewContextAsync(
                    new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 900 } });
                var page = await context.NewPageAsync();
                var (told, loaded) = (new List<string>(), new List<string>());
                page.Console += (_, message) => told.Add(message.Text);
                page.PageError += (_, error) => told.Add(error);
                page.Request += (_, request) => loaded.Add(request.Url);
                await page.GotoAsync(new Uri(report).AbsoluteUri);
                Assert.Empty(told);
                Assert.Equal([new Uri(report).AbsoluteUri], loaded.Where(url => !url.StartsWith("data:", StringComparison.Ordinal)));
                await CheckLayout(page);
                await CheckContent(page, model, result);
                await CheckColors(page, scheme);

                // Paper is white, whatever the screen was.
                await page.EmulateMediaAsync(new() { Media = Media.Print });
                await CheckLayout(page);
                await CheckColors(page, ColorScheme.Light);
            }
        }
    }

    private static async Task CheckLayout(IPage page)
    {
        var shown = await page.EvaluateAsync<double>("document.documentElement.clientWidth");
        var wide = await page.EvaluateAsync<double>("document.documentElement.scrollWidth");
        Assert.True(wide <= shown, $"{wide} pixels wide where {shown} are shown");
        var images = await page.EvaluateAsync<JsonElement>(
            "[...document.images].map(i => [i.alt, i.complete ? i.naturalWidth : 0, i.getBoundingClientRect().width])");
        Assert.NotEqual(0, images.GetArrayLength());
        Assert.All(images.EnumerateArray(), i => Assert.True(i[1].GetInt32() > 0 && i[2].GetDouble() > 50, $"{i[0]} is not shown"));
        Assert.Equal(4, await page.Locator("figure.chart svg").CountAsync());
        var charts = await page.Locator("figure.chart svg").EvaluateAllAsync<double[]>("s => s.map(e => e.getBoundingClientRect().width)");
        Assert.All(charts, width => Assert.True(width > 200));
    }

    private static async Task CheckContent(IPage page, string model, CocoResult result)
    {
        Assert.Equal(model, await page.Locator("h1").InnerTextAsync());
        Assert.Equal(
            [
                "Course", "Classes", "Precision and recall", "What was taken for what", "Worst pictures", "The data", "What was trained",
                "How to go on",
            ],
            await page.Locator("h2").AllInnerTextsAsync());
        Assert.Equal(PerCent(result.Summary.AP), await page.Locator("#ap").InnerTextAsync());
        Assert.Equal(PerCent(result.Summary.AP50), await page.Locator("#ap50").InnerTextAsync());
        var rows = await page.Locator("table.classes tbody tr").AllAsync();
        Assert.Equal(result.Classes.Count, rows.Count);
        for (var k = 0; k < rows.Count; k++)
        {
            var c = result.Classes[k];
            Assert.Equal(c.Name, await rows[k].Locator("th").InnerTextAsync());
            var cells = await rows[k].Locator("td").AllInnerTextsAsync();
            Assert.Equal([c.Truths.ToString(CultureInfo.InvariantCulture), PerCent(c.Summary.AP), PerCent(c.Summary.AP50)], cells.Take(3));
        }

        var matrix = result.ConfusionMatrix();
        var counts = await page.Locator("table.confusion tbody td").AllInnerTextsAsync();
        for (var truth = 0; truth < matrix.Names.Count; truth++)
        {
            for (var found = 0; found < matrix.Names.Count; found++)
            {
                var isEmpty = truth == matrix.Background && found == matrix.Background;
                var expected = isEmpty ? "" : matrix[truth, found].ToString(CultureInfo.InvariantCulture);
                Assert.Equal(expected, counts[(truth * matrix.Names.Count) + found]);
            }
        }
    }

    private static async Task CheckColors(IPage page, ColorScheme scheme)
    {
        // WCAG 2.2, 1.4.3: 4.5 to 1 between text and what it stands on.
        var contrasts = await page.EvaluateAsync<double[]>(
            """
            () => {
              const light = c => {
                const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
                const [r, g, b] = c.match(/[\d.]+/g).slice(0, 3).map(v => linear(v / 255));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const paper = light(getComputedStyle(document.body).backgroundColor);
              const texts = [...document.querySelectorAll('h1, h2, p, th, td, dt, li, figcaption, footer')]
                .map(e => light(getComputedStyle(e).color));
              return [paper, ...texts.map(t => (Math.max(t, paper) + 0.05) / (Math.min(t, paper) + 0.05))];
            }
            """);
        Assert.True(scheme == ColorScheme.Dark ? contrasts[0] < 0.05 : contrasts[0] > 0.8, $"the paper's luminance is {contrasts[0]}");
        Assert.True(contrasts[1..].Min() >= 4.5, $"a text has a contrast of {contrasts[1..].Min()}");
    }

    private static string PerCent(double share) => share < 0 ? "–" : (share * 100).ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>Skips, with the reason, where there is no browser.</summary>
    private static string RequireBrowser()
    {
        var found = Chromium.Find();
        Skip.If(found is null, Chromium.WhySkipped);
        return found!;
    }
}
