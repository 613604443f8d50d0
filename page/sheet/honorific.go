package sheet

import (
	"slices"
	"strings"

	"github.com/faxgate/faxgate/page"
)

// The honorifics of organizations and of persons, and what else a name may end with that
// stands for one.
const (
	forOrganization = "御中"
	forPerson       = "様"
)

var honorifics = []string{forOrganization, forPerson, "さま", "殿", "先生", "各位", "宛", "宛て", "行"}

// What the name of an organization begins with, and what it, or the name of a part of
// one, ends with.
var (
	organizationFirst = []string{
		"株式会社", "有限会社", "合同会社", "合資会社", "合名会社", "一般社団法人", "公益社団法人", "一般財団法人",
		"公益財団法人", "医療法人", "学校法人", "社会福祉法人", "特定非営利活動法人", "独立行政法人", "国立大学法人",
		"（株）", "(株)", "㈱", "（有）", "(有)", "㈲",
	}
	organizationLast = []string{
		"株式会社", "有限会社", "合同会社", "合資会社", "合名会社", "法人", "（株）", "(株)", "㈱", "（有）", "(有)", "㈲",
		"会社", "銀行", "信用金庫", "病院", "医院", "クリニック", "薬局", "歯科", "診療所", "大学", "学校", "高校", "学園",
		"幼稚園", "保育園", "事務所", "事業所", "営業所", "製作所", "研究所", "保健所", "役所", "役場", "裁判所", "警察署",
		"消防署", "税務署", "署", "省", "庁", "局", "部", "課", "係", "室", "グループ", "チーム", "センター", "支店", "支社", "本社",
		"本店", "工場", "店", "協会", "組合", "連合会", "商会", "工業", "産業", "商事", "物産", "建設", "工務店", "運輸", "御担当",
	}
	latinLast = []string{"inc", "inc.", "ltd", "ltd.", "llc", "corp", "corp.", "co.", "gmbh", "k.k."}
)

// honorificOf is what goes behind a name: an organization has 御中, a person 様, and never
// both. What decides is the last part of the name: a person in a company is a person.
func honorificOf(p page.Party) string {
	name := strings.TrimSpace(p.Name)
	switch {
	case name == "":
		return ""
	case p.Honorific != "":
		return p.Honorific
	case hasSuffix(name, honorifics):
		return ""
	}
	parts := strings.Fields(name)
	last := parts[len(parts)-1]
	switch {
	case hasSuffix(last, organizationLast), slices.Contains(latinLast, strings.ToLower(last)):
		return forOrganization
	case len(parts) == 1 && hasPrefix(name, organizationFirst): // 株式会社山田
		return forOrganization
	case len(parts) == 2 && slices.Contains(organizationFirst, parts[0]): // 株式会社 山田
		return forOrganization
	}
	return forPerson
}

func hasSuffix(s string, any []string) bool {
	return slices.ContainsFunc(any, func(suffix string) bool { return strings.HasSuffix(s, suffix) })
}

func hasPrefix(s string, any []string) bool {
	return slices.ContainsFunc(any, func(prefix string) bool { return strings.HasPrefix(s, prefix) })
}
