using System.Globalization;

namespace Fovea.Drawing;

/// <summary>
/// Letters of 5 × 8 dots (the last row for what hangs below the line) for the labels in pictures. System fonts are not used: servers and
/// containers often have none, and a picture should look the same everywhere.
/// </summary>
internal static class BitmapFont
{
    public const int Width = 5;
    public const int Height = 8;
    private const char First = ' ';

    // For each character from space to tilde: five columns from left to right, two hexadecimal digits each, lowest bit on top.
    private static readonly string[] Columns =
    [
        "0000000000", "00005F0000", "0007000700", "147F147F14", "242A7F2A12", "2313086462", "3649552250", "0005030000", // from space to '
        "001C224100", "0041221C00", "082A1C2A08", "08083E0808", "0050300000", "0808080808", "0060600000", "2010080402", // ( ) * + , - . /
        "3E5149453E", "00427F4000", "4261514946", "2141454B31", "1814127F10", "2745454539", "3C4A494930", "0171090503", // 0 1 2 3 4 5 6 7
        "3649494936", "064949291E", "0036360000", "0056360000", "0814224100", "1414141414", "0041221408", "0201510906", // 8 9 : ; < = > ?
        "324979413E", "7E1111117E", "7F49494936", "3E41414122", "7F4141221C", "7F49494941", "7F09090101", "3E41415132", // @ A B C D E F G
        "7F0808087F", "00417F4100", "2040413F01", "7F08142241", "7F40404040", "7F0204027F", "7F0408107F", "3E4141413E", // H I J K L M N O
        "7F09090906", "3E4151215E", "7F09192946", "4649494931", "01017F0101", "3F4040403F", "1F2040201F", "7F2018207F", // P Q R S T U V W
        "6314081463", "0304780403", "6151494543", "00007F4141", "0204081020", "41417F0000", "0402010204", "4040404040", // X Y Z [ \ ] ^ _
        "0001020400", "2054545478", "7F48444438", "3844444420", "384444487F", "3854545418", "087E090102", "18A4A4A47C", // ` a b c d e f g
        "7F08040478", "00447D4000", "4080847D00", "007F102844", "00417F4000", "7C04180478", "7C08040478", "3844444438", // h i j k l m n o
        "FC24242418", "18242424FC", "7C08040408", "4854545420", "043F444020", "3C4040207C", "1C2040201C", "3C4030403C", // p q r s t u v w
        "4428102844", "1CA0A0A07C", "4464544C44", "0008364100", "00007F0000", "0041360800", "0804081008", // x y z { | } ~
    ];

    private static readonly byte[][] Glyphs = [.. Columns.Select(Convert.FromHexString)];

    // What a character without a glyph looks like: an empty box.
    private static readonly byte[] Unknown = [0x7F, 0x41, 0x41, 0x41, 0x7F];

    /// <summary>Whether the dot in this column and row belongs to the letter.</summary>
    public static bool IsSet(char letter, int column, int row)
    {
        var index = letter - First;
        var glyph = index >= 0 && index < Glyphs.Length ? Glyphs[index] : Unknown;
        return ((glyph[column] >> row) & 1) != 0;
    }

    /// <summary>Of a text, in dots: letters are a dot apart.</summary>
    public static int WidthOf(string text) => text.Length == 0 ? 0 : (text.Length * (Width + 1)) - 1;

    /// <summary>Letters with an accent lose it, long dashes become short, so that fewer characters are without a glyph.</summary>
    public static string Simplify(string text) => string.Concat(text.Select(c => c switch
    {
        'ä' or 'à' or 'á' or 'â' or 'å' or 'ã' => 'a',
        'Ä' or 'À' or 'Á' or 'Â' or 'Å' => 'A',
        'ö' or 'ò' or 'ó' or 'ô' or 'ø' or 'õ' => 'o',
        'Ö' or 'Ø' or 'Ó' => 'O',
        'ü' or 'ù' or 'ú' or 'û' => 'u',
        'Ü' or 'Ú' => 'U',
        'é' or 'è' or 'ê' or 'ë' => 'e',
        'É' or 'È' => 'E',
        'í' or 'î' or 'ï' => 'i',
        'ç' => 'c',
        'ñ' => 'n',
        '–' or '—' => '-',
        _ when CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator => ' ',
        _ => c,
    }));
}
